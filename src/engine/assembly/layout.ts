// The map of one shard's memory. Everything below the heap has a fixed place, so the host's views of it stay
// valid while the heap grows.
//
//   0            static data of the compiled module
//   64 KiB       hash secret      one random 64-bit word per 32-bit word of the longest key
//                free lists       heads and bitmaps of the heap
//                slots            bitmap of the slots that this shard owns
//                call             what the last call reports to the host
//                operation        the operation being executed, taken apart
//                steps            what the early passes found for the group being executed
//                repeats          results of this section that may be repeated
//                changes          old and new blocks of a group that may have to be undone
//                recorded         results of an atomic group, before they are written
//                page             the page of a scan
//                list             address and hash of every operation of the section
//                request          the operations of one section, staged by the host
//                slabs            reply buffers that a socket sends from
//   effectsStart effects          changes for the log, where the host asks for them
//   heapStart    heap             index segments and records, to the end of memory

import { ATOMIC_OPS_MAX, FRAME_BYTES_MAX, FRAME_OPS_MAX, KEY_BYTES_MAX } from '../../protocol/limits.ts'

/** Bytes that a load may touch past the end of what it was asked for: the record passes ask for three cache lines. */
export const OVERRUN_BYTES: u32 = 192

/** Words of hash secret: one for each 32 bits of the longest key, rounded up, and two for start and length. */
export const SECRET_WORDS: u32 = (KEY_BYTES_MAX + 3) / 4 + 4

export const SECRET_AT: usize = 0x10000
export const FREE_LISTS_AT: usize = (SECRET_AT + SECRET_WORDS * 8 + 63) & ~63
export const FREE_LISTS_BYTES: usize = 4096
export const SLOTS_AT: usize = FREE_LISTS_AT + FREE_LISTS_BYTES
const SLOTS_BYTES: usize = 2048
export const CALL_AT: usize = SLOTS_AT + SLOTS_BYTES
const CALL_BYTES: usize = 256
export const OPERATION_AT: usize = CALL_AT + CALL_BYTES
const OPERATION_BYTES: usize = 128
export const STEPS_AT: usize = OPERATION_AT + OPERATION_BYTES
export const STEPS_BYTES: usize = 1024
export const REPEATS_AT: usize = STEPS_AT + STEPS_BYTES
export const REPEATS_COUNT: u32 = 8192
export const REPEATS_BYTES: usize = REPEATS_COUNT * 16
export const CHANGES_AT: usize = REPEATS_AT + REPEATS_BYTES
export const CHANGE_BYTES: u32 = 24
/** An operation changes its record at most twice: an expired one is removed before it is made anew. */
export const CHANGES_MAX: u32 = ATOMIC_OPS_MAX * 2
export const RECORDED_AT: usize = CHANGES_AT + CHANGES_MAX * CHANGE_BYTES
export const RECORDED_BYTES: u32 = 32
export const PAGE_AT: usize = RECORDED_AT + ATOMIC_OPS_MAX * RECORDED_BYTES
/** Bytes of a scan's page: three of the longest keys fit. */
export const PAGE_BYTES: u32 = 256 * 1024
export const LIST_AT: usize = PAGE_AT + PAGE_BYTES
const LIST_BYTES: usize = FRAME_OPS_MAX * 8
export const REQUEST_AT: usize = (LIST_AT + LIST_BYTES + 63) & ~63
export const SLABS_AT: usize = (REQUEST_AT + FRAME_BYTES_MAX + OVERRUN_BYTES + 63) & ~63

/** Bytes of one reply slab. */
export const SLAB_BYTES: u32 = 256 * 1024

/** Slab bytes at the end that copies may scribble on and that no reply uses. */
export const SLAB_TAIL_BYTES: u32 = 64
