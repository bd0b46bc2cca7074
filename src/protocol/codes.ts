// The numbers of the protocol that both sides of the WebAssembly boundary use. AssemblyScript compiles this file
// too, so it holds plain constants and imports nothing; `operations.ts` and `statuses.ts` give each a name and a shape.

// Operation byte: bit 7 WITH_VERSION, bit 6 zero, bits 0-5 code.

export const OP_GET = 1
export const OP_SET = 2
export const OP_DELETE = 3
export const OP_EXISTS = 4

/** One past the largest operation code. */
export const OP_CODE_END = 5

/** In the operation byte: answer with the record's version. */
export const OP_WITH_VERSION = 0x80

/** In the operation byte: the bits that hold the code (the unused bit 6 included, so that it reads as unknown). */
export const OP_CODE_MASK = 0x7f

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
/** Done; the result equals an earlier one of this section: its distance in results (compact length, at least 1) follows. */
export const STATUS_REPEAT = 5
/** Not executed: memory is exhausted; what was stored is intact. No more bytes. */
export const STATUS_NO_MEMORY = 6

/** One past the largest status. */
export const STATUS_END = 7

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
/** Nothing executed: this thread owns no shard of that number. Fetch the topology. */
export const OUTCOME_UNKNOWN_SHARD = 7
/** Nothing executed: an operation code, a required flag or a namespace that this server does not know. */
export const OUTCOME_UNSUPPORTED = 8
/** Nothing executed: the frame holds more operations than the hello's `frameOpsMax`. */
export const OUTCOME_TOO_MANY_OPERATIONS = 9

/** One past the largest outcome. */
export const OUTCOME_END = 10
