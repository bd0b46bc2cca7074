// Every bound that a byte from outside can meet, with its unit and its reason. `assembly/` imports this
// file too, so it holds plain constants and nothing else; `limits.test.ts` asserts their relations.

/** Bytes of a key: a 16-bit length, as records store it. The shortest key has one byte. */
export const KEY_BYTES_MAX = 65_535

/** Bytes of a value. A larger object belongs in several records. */
export const VALUE_BYTES_MAX = 8 * 1024 * 1024

/** Bytes of a frame in either direction, header included: one largest record fits, with room to spare. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024

/** Operations of all sections of one frame: bounds the time for which one frame holds a shard thread. */
export const FRAME_OPS_MAX = 32_768

/** Operations of one atomic group: they are undone together when one of them fails. */
export const ATOMIC_OPS_MAX = 1_024

/** Keys of one page of a scan. */
export const SCAN_KEYS_MAX = 4_096

/** The last millisecond that an expiry can name: 48 bits, the year 10889. */
export const EXPIRY_MS_MAX = 281_474_976_710_655

/** Sections of one frame: a thread that owns more shards than this is asked in several frames. */
export const FRAME_SECTIONS_MAX = 1_024

/**
 * Bytes of results in one reply; the section stops before the operation that would pass it. An operation copies only
 * what it carries or returns, so this and FRAME_BYTES_MAX bound the bytes that a frame makes a shard thread touch.
 */
export const REPLY_BYTES_MAX = 12 * 1024 * 1024

/** Bytes of a client hello, credentials included. */
export const HELLO_BYTES_MAX = 2_048

/** Bytes of a control frame's text (topology, admin, error). */
export const CONTROL_BYTES_MAX = 4 * 1024 * 1024

/** Where a client ends a frame of its own accord: larger frames only add latency. */
export const FRAME_BYTES_TARGET = 256 * 1024
