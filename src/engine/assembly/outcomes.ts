// The numbers that the engine's calls take and return. The host imports this file too, so it holds plain constants
// only.

/** The staged operations are well-formed and known. */
export const CHECK_OK = 0
/** The staged bytes are not the announced operations. */
export const CHECK_MALFORMED = 1
/** An operation, or an option of one, that this engine does not know. */
export const CHECK_UNSUPPORTED = 2

/** Every operation of the section was executed. */
export const EXECUTED = 0
/** The slab is full; call `resume` with another. */
export const SLAB_FULL = 1
/** The next operation would pass a limit of the frame; `resultCount` were executed. */
export const STOPPED = 2
/** The next operation would create a record in a slot that is not owned; `resultCount` were executed. */
export const WRONG_SLOT = 3
/** The buffer of effects is full; take them and call `resume` with the same slab, at `position`. */
export const EFFECTS_FULL = 4

/** Inside the engine only: memory has to be reclaimed before the operation can be executed. */
export const NEEDS_MEMORY = 5

/** Writes are refused when memory is exhausted. */
export const EVICT_NONE = 0
/** Any record may make room for a new one. */
export const EVICT_ANY = 1
/** Records with an expiry may make room for a new one. */
export const EVICT_EXPIRING = 2

/** All effects were applied. */
export const APPLIED = 0
/** The bytes are not effects; those before `appliedBytes` were applied. */
export const APPLY_MALFORMED = 1
/** Memory is exhausted; the effects before `appliedBytes` were applied. */
export const APPLY_NO_MEMORY = 2
/** The work of one call is done; go on from `appliedBytes`. */
export const APPLY_LATER = 3
/** The buffer of effects is full; take them and go on from `appliedBytes`. */
export const APPLY_EFFECTS_FULL = 4

// Kinds of effect records, and what removed a record.
export const EFFECT_SET = 1
export const EFFECT_REMOVE = 2
export const EFFECT_CLEAR = 3
export const REMOVED_BY_DELETE = 0
export const REMOVED_BY_EXPIRY = 1
export const REMOVED_BY_EVICTION = 2
/** Its slot was taken away. */
export const REMOVED_BY_DISCARD = 3
