// What a reply, or an element of one, can be. RESP3 adds types to RESP2; a decoder takes all of them at any time, because
// the server says which protocol it speaks only in the reply to HELLO.

/** `+`: a line of text. */
export const REPLY_TEXT = 1
/** `-` and `!`: an error, its text beginning with a code such as WRONGTYPE. */
export const REPLY_ERROR = 2
/** `:`: a signed integer of 64 bits. */
export const REPLY_INTEGER = 3
/** `$`: bytes. */
export const REPLY_BULK = 4
/** `_`, and RESP2's `$-1` and `*-1`: nothing. */
export const REPLY_NULL = 5
/** `*`: elements in order. */
export const REPLY_ARRAY = 6
/** `%`: pairs of a key and a value. */
export const REPLY_MAP = 7
/** `~`: elements without order. */
export const REPLY_SET = 8
/** `,`: a floating-point number. */
export const REPLY_DOUBLE = 9
/** `#`: true or false. */
export const REPLY_BOOLEAN = 10
/** `(`: an integer of any size. */
export const REPLY_BIG_NUMBER = 11
/** `=`: bytes with a format of three characters. */
export const REPLY_VERBATIM = 12
/** `>`: elements that answer no command. */
export const REPLY_PUSH = 13
