// The numbers that the engine's calls return. The host imports this file too, so it holds plain constants only.

/** The staged operations are well-formed and known. */
export const CHECK_OK = 0
/** The staged bytes are not the announced operations. */
export const CHECK_MALFORMED = 1
/** An operation that this engine does not know. */
export const CHECK_UNSUPPORTED = 2

/** Every operation of the section was executed. */
export const EXECUTED = 0
/** The slab is full; call `resume` with another. */
export const SLAB_FULL = 1
/** The next operation would pass a limit of the frame; `resultCount` were executed. */
export const STOPPED = 2
/** The next operation would create a record in a slot that is not owned; `resultCount` were executed. */
export const WRONG_SLOT = 3
