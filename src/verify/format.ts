// The history format's numbers and limits. docs/HISTORIES.md specifies the bytes; its example is a test.
//
// This folder judges recorded histories. It knows no client, no server and no clock: times come from the files.

import { assert } from '../util/assert.ts'

/** The first bytes of a file, in ASCII. */
export const MAGIC = 'SLUICEHI'
export const FORMAT_VERSION = 1
export const FILE_HEADER_BYTES = 16
/** A bit of the header: the store evicted, so any record may vanish at any time. */
export const FLAG_EVICTS = 1

export const BLOCK_HEADER_BYTES = 8
export const BLOCK_KEYS = 1
export const BLOCK_OPERATIONS = 2
export const BLOCK_END = 3
/** Bytes of a block behind its header: a reader needs no more memory than that for a file's structure. */
export const BLOCK_BYTES_MAX = 1024 * 1024

/** Slot and length in front of a key's bytes. */
export const KEY_HEADER_BYTES = 4
export const KEY_BYTES_MAX = 0xffff
/** The slot of a key that has none: no wipe of slots concerns it. */
export const NO_SLOT = 0xffff

/** Client and time base in front of a block's operations. */
export const CLIENT_HEADER_BYTES = 16
export const OPERATION_BYTES = 40
export const END_BYTES = 8

/** The key number of what concerns no single key. */
export const NO_KEY = 0xff_ffff
/** Keys of a history: their numbers take 24 bits. */
export const KEYS_MAX = NO_KEY
/** Clients of a history. A client is new after each unknown outcome, so there may be many. */
export const CLIENTS_MAX = 2 ** 24
/** Operations of a history: positions are small integers. */
export const OPERATIONS_MAX = 2 ** 30

/** Offsets from a block's time base take 48 bits; the largest stands for a reply that never came. */
export const NEVER_OFFSET_NS = 2 ** 48 - 1
/** The time bases of all blocks of a history lie within this of the first: sums stay exact as numbers. */
export const TIME_SPAN_NS_MAX = 2 ** 51

export const READ = 1
export const WRITE = 2
export const DELETE = 3
export const ADD = 4
export const COMPARE_AND_SET = 5
export const INCREMENT = 6
export const EXPIRE = 7
export const WIPE = 8
export const WIPE_SLOTS = 9

/** By kind. */
export const KIND_NAMES: readonly string[] = [
  '',
  'read',
  'write',
  'delete',
  'add if absent',
  'compare and set',
  'increment',
  'expire',
  'wipe',
  'wipe slots',
]

/** It certainly never took effect: it says nothing. */
export const NOT_DONE = 0
/** It did what it is for: found, wrote, removed, added. */
export const DONE = 1
/** It was executed and met a record that it was not for, or none: it changed nothing. */
export const UNMET = 2
/** No reply came: it takes effect at any time after its invocation, or never. */
export const UNKNOWN = 3
/** A bit beside the status: the record has an expiry from then on, and may vanish at any time. */
export const MORTAL = 4
export const STATUS_MASK = 3
/** Statuses with all their bits. */
export const STATUS_BITS_MAX = MORTAL | STATUS_MASK

/** By status. */
export const STATUS_NAMES: readonly string[] = ['not done', 'done', 'unmet', 'unknown']

assert(BLOCK_BYTES_MAX >= KEY_HEADER_BYTES + KEY_BYTES_MAX, 'the largest key fits a block')
assert(BLOCK_BYTES_MAX >= CLIENT_HEADER_BYTES + OPERATION_BYTES, 'an operation fits a block')
assert(2 * TIME_SPAN_NS_MAX + NEVER_OFFSET_NS < Number.MAX_SAFE_INTEGER, 'times of a history are exact numbers')
assert(KIND_NAMES.length === WIPE_SLOTS + 1, 'every kind has a name')
assert(WIPE_SLOTS < 16 && STATUS_BITS_MAX < 16, 'kind and status take four bits each')
