// The numbers of the protocol that both sides of the WebAssembly boundary use. AssemblyScript compiles this file
// too, so it holds plain constants and imports nothing; `operations.ts` and `statuses.ts` give each a name and a shape.

// Operation byte: bit 7 WITH_VERSION, bit 6 OPTIONS, bits 0-5 code.

export const OP_GET = 1
export const OP_SET = 2
export const OP_DELETE = 3
export const OP_EXISTS = 4
/** Sets a record's expiry, or removes it. */
export const OP_EXPIRE = 5
/** Adds to a record whose value is a decimal integer; creates it from 0. */
export const OP_ADD = 6
/** Writes behind the end of a value. */
export const OP_APPEND = 7
/** Writes inside a value, which grows with zero bytes when it is too short. */
export const OP_WRITE_RANGE = 8
/** Reads a part of a value. */
export const OP_READ_RANGE = 9
/** Lists keys from a cursor on. */
export const OP_SCAN = 10
/** Some key. */
export const OP_RANDOM_KEY = 11
/** How many records there are. */
export const OP_COUNT = 12
/** Removes all records. */
export const OP_CLEAR = 13
/** The operations behind it take effect together or not at all. */
export const OP_ATOMIC = 14

/** One past the largest operation code. */
export const OP_CODE_END = 15

/** In the operation byte: answer with the record's version. */
export const OP_WITH_VERSION = 0x80

/** In the operation byte: an options byte follows. */
export const OP_OPTIONS = 0x40

/** In the operation byte: the bits that hold the code. */
export const OP_CODE_MASK = 0x3f

// Options byte: bits 0-2 condition, bit 3 EXPIRY, bit 4 KEEP_EXPIRY, bit 5 PREVIOUS, bit 6 WITH_EXPIRY, bit 7 zero.

/** In the options byte: the bits that hold the condition. */
export const OPTION_CONDITION_MASK = 0x07
/** An absolute expiry in ms (u64) follows. */
export const OPTION_EXPIRY = 0x08
/** The record keeps the expiry that it has. */
export const OPTION_KEEP_EXPIRY = 0x10
/** Answer with the value before the change. */
export const OPTION_PREVIOUS = 0x20
/** Answer with version and expiry. */
export const OPTION_WITH_EXPIRY = 0x40

/** Always. */
export const CONDITION_NONE = 0
/** Only if there is no record. */
export const CONDITION_ABSENT = 1
/** Only if there is a record. */
export const CONDITION_PRESENT = 2
/** Only if there is a record of this version (u64, follows the options byte). */
export const CONDITION_VERSION = 3
/** Only if there is a record without expiry. */
export const CONDITION_NO_EXPIRY = 4
/** Only if there is a record with an expiry. */
export const CONDITION_HAS_EXPIRY = 5
/** Only if there is a record that expires earlier than the new expiry says; one without expiry never does. */
export const CONDITION_LATER = 6
/** Only if there is a record that expires later than the new expiry says; one without expiry always does. */
export const CONDITION_EARLIER = 7

// Result status: alone decides how the result continues.

/** Done; no more bytes. */
export const STATUS_OK = 0
/** Done; the record's new version (u64) follows. */
export const STATUS_OK_VERSION = 1
/** Done; compact length and value follow. */
export const STATUS_VALUE = 2
/** Done; compact length, version (u64) and value follow. */
export const STATUS_VALUE_VERSION = 3
/** Done; there is no record under the key. No more bytes. */
export const STATUS_MISSING = 4
/**
 * Done; the result equals an earlier one of this section: its distance in results (compact length, at least 1)
 * follows.
 */
export const STATUS_REPEAT = 5
/** Not executed: memory is exhausted; what was stored is intact. No more bytes. */
export const STATUS_NO_MEMORY = 6
/** Done; expiry (u64 ms, 0 for none) and version (u64) follow. */
export const STATUS_OK_EXPIRY = 7
/** Done; compact length, expiry (u64 ms, 0 for none), version (u64) and value follow. */
export const STATUS_VALUE_EXPIRY = 8
/** Done; a signed 64-bit number follows. */
export const STATUS_NUMBER = 9
/** Done; the record's version (u64) and a signed 64-bit number follow. */
export const STATUS_NUMBER_VERSION = 10
/** The condition did not hold and nothing changed. No more bytes. */
export const STATUS_UNMET = 11
/** As UNMET; the record's version (u64) follows. */
export const STATUS_UNMET_VERSION = 12
/** As UNMET; compact length and the record's value follow. */
export const STATUS_UNMET_VALUE = 13
/** As UNMET; compact length, the record's version (u64) and its value follow. */
export const STATUS_UNMET_VALUE_VERSION = 14
/** Not executed: the value is not a decimal integer of 64 bits. No more bytes. */
export const STATUS_NOT_A_NUMBER = 15
/** Not executed: the sum would pass 64 bits. No more bytes. */
export const STATUS_OVERFLOW = 16
/** Not executed: the value would pass VALUE_BYTES_MAX, or an atomic group its limits. No more bytes. */
export const STATUS_TOO_LARGE = 17
/** Not executed: another operation of the atomic group failed. No more bytes. */
export const STATUS_ABORTED = 18

/** One past the largest status. */
export const STATUS_END = 19

// Section outcome.

/** Every operation of the section was executed. */
export const OUTCOME_EXECUTED = 0
/** The first `resultCount` operations were executed, the rest not: a limit of one frame's work was met. */
export const OUTCOME_STOPPED = 1
/** As STOPPED; the next operation would create a record in a slot that this shard does not own. */
export const OUTCOME_WRONG_SLOT = 2
/** Nothing executed: the sender's view is older than the shard's. Fetch the topology. */
export const OUTCOME_STALE = 3
/** Nothing executed: the shard's view is older than the sender's. Wait a little. */
export const OUTCOME_BEHIND = 4
/** Nothing executed: the shard waits for a slot's previous owner. Wait a little. */
export const OUTCOME_NOT_READY = 5
/** Nothing executed: an earlier frame of this connection was not executed to its end, and this one lacks RESUME. */
export const OUTCOME_FENCED = 6
/** Nothing executed: no thread of this node owns a shard of that number. Fetch the topology. */
export const OUTCOME_UNKNOWN_SHARD = 7
/** Nothing executed: an operation code, a required flag or a namespace that this server does not know. */
export const OUTCOME_UNSUPPORTED = 8
/** Nothing executed: the frame holds more operations than the hello's `frameOpsMax`. */
export const OUTCOME_TOO_MANY_OPERATIONS = 9

/** One past the largest outcome. */
export const OUTCOME_END = 10
