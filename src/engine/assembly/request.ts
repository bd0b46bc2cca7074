// Checks a staged section (docs/PROTOCOL.md, "Operation") and lists its operations for the passes: the address and the
// key's hash of each. A section is checked as a whole before anything of it is executed, so nothing after this meets
// malformed bytes; and because the bytes are at hand here, the hash costs no second walk.
//
//   list, 8 bytes an operation:   0 address u32   4 hash u32 (0 without a key)

import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_NONE,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  OP_ATOMIC,
  OP_CODE_END,
  OP_CODE_MASK,
  OP_GET,
  OP_OPTIONS,
  OP_READ_RANGE,
  OP_SCAN,
  OP_SET,
  OP_WITH_VERSION,
  OPTION_CONDITION_MASK,
  OPTION_EXPIRY,
  OPTION_KEEP_EXPIRY,
  OPTION_PREVIOUS,
  OPTION_WITH_EXPIRY,
} from '../../protocol/codes.ts'
import {
  ATOMIC_OPS_MAX,
  EXPIRY_MS_MAX,
  FRAME_OPS_MAX,
  KEY_BYTES_MAX,
  SCAN_KEYS_MAX,
  VALUE_BYTES_MAX,
} from '../../protocol/limits.ts'
import { hashKey } from './hash.ts'
import { LIST_AT, REQUEST_AT } from './layout.ts'
import { CHECK_MALFORMED, CHECK_OK, CHECK_UNSUPPORTED } from './outcomes.ts'

/** A compact length's first byte: up to here it is the length itself. */
const COMPACT_ONE_BYTE_MAX: u32 = 252
const COMPACT_U16: u32 = 253
const COMPACT_U32: u32 = 254

// What an operation consists of: one word for each code.
//   bits 0-7 bytes of arguments, 8 key, 9 value, 10 takes WITH_VERSION, 16-23 options taken, 24-31 conditions taken
const HAS_KEY: u32 = 1 << 8
const HAS_VALUE: u32 = 1 << 9
const MAY_ASK_VERSION: u32 = 1 << 10
const KEYED: u32 = HAS_KEY | MAY_ASK_VERSION
const OPTIONS_SHIFT: u32 = 16
const CONDITIONS_SHIFT: u32 = 24
const SET_CONDITIONS: u32 =
  ((1 << CONDITION_NONE) | (1 << CONDITION_ABSENT) | (1 << CONDITION_PRESENT) | (1 << CONDITION_VERSION)) <<
  CONDITIONS_SHIFT
const VERSION_CONDITIONS: u32 = ((1 << CONDITION_NONE) | (1 << CONDITION_VERSION)) << CONDITIONS_SHIFT
const NO_CONDITIONS: u32 = (1 << CONDITION_NONE) << CONDITIONS_SHIFT
const EXPIRE_CONDITIONS: u32 =
  VERSION_CONDITIONS |
  (((1 << CONDITION_NO_EXPIRY) | (1 << CONDITION_HAS_EXPIRY) | (1 << CONDITION_LATER) | (1 << CONDITION_EARLIER)) <<
    CONDITIONS_SHIFT)

const SHAPES: StaticArray<u32> = [
  0,
  KEYED | NO_CONDITIONS | (OPTION_WITH_EXPIRY << OPTIONS_SHIFT), // get
  KEYED | HAS_VALUE | SET_CONDITIONS | ((OPTION_EXPIRY | OPTION_KEEP_EXPIRY | OPTION_PREVIOUS) << OPTIONS_SHIFT), // set
  KEYED | VERSION_CONDITIONS | (OPTION_PREVIOUS << OPTIONS_SHIFT), // delete
  KEYED | NO_CONDITIONS | (OPTION_WITH_EXPIRY << OPTIONS_SHIFT), // exists
  KEYED | EXPIRE_CONDITIONS | ((OPTION_EXPIRY | OPTION_PREVIOUS) << OPTIONS_SHIFT), // expire
  KEYED | 8 | NO_CONDITIONS | (OPTION_EXPIRY << OPTIONS_SHIFT), // add: i64 delta
  KEYED | HAS_VALUE | NO_CONDITIONS | (OPTION_EXPIRY << OPTIONS_SHIFT), // append
  KEYED | HAS_VALUE | 4 | NO_CONDITIONS | (OPTION_EXPIRY << OPTIONS_SHIFT), // write-range: u32 offset
  KEYED | 8 | NO_CONDITIONS, // read-range: u32 offset, u32 bytes
  12 | NO_CONDITIONS, // scan: u64 cursor, u32 count
  NO_CONDITIONS, // random-key
  NO_CONDITIONS, // count
  MAY_ASK_VERSION | NO_CONDITIONS, // clear
  2 | NO_CONDITIONS, // atomic: u16 count
]

/** Where the length that was read last ends. */
export let lengthEnd: usize = 0
/** Why `checkOperation` refused. */
let refusal: u32 = CHECK_OK
/** Operations that the atomic group still has to have. */
let atomicLeft: u32 = 0

/**
 * Whether the staged bytes are exactly `count` operations that this engine can execute; lists them. Nothing is
 * executed.
 */
export function checkOperations(bytes: u32, count: u32): u32 {
  assert(count <= <u32>FRAME_OPS_MAX, 'a section has the operations of one frame')
  const end = REQUEST_AT + bytes
  let at: usize = REQUEST_AT
  let entry: usize = LIST_AT
  const listEnd = entry + (<usize>count << 3)
  atomicLeft = 0
  while (entry < listEnd) {
    if (!atomicLeft) {
      // Most operations by far are plain gets and sets with short keys and values. Where one ends depends on bytes
      // that have to be loaded; but gets of keys that are as long as the last one's are as long as the last one, which
      // the processor foretells, so that it need not wait.
      let getHead: u32 = -1
      let getBytes: usize = 0
      do {
        const head = load<u32>(at) & (~OP_WITH_VERSION & 0xffffff)
        let keyBytes = (head >> 8) & 0xff
        let key = at + 2
        let next: usize
        if ((head & 0xffff) == getHead) {
          next = at + getBytes
          keyBytes = <u32>getBytes - 2
        } else {
          if (keyBytes - 1 >= COMPACT_ONE_BYTE_MAX) break
          next = key + keyBytes
          if ((head & 0xff) == OP_GET) {
            getHead = head & 0xffff
            getBytes = 2 + keyBytes
          } else {
            const valueBytes = head >> 16
            if ((head & 0xff) != OP_SET || valueBytes > COMPACT_ONE_BYTE_MAX) break
            key = at + 3
            next += 1 + valueBytes
          }
        }
        if (next > end) return CHECK_MALFORMED
        store<u32>(entry, <u32>at)
        at = next
        store<u32>(entry, hashKey(key, keyBytes), 4)
        entry += 8
      } while (entry < listEnd)
    }
    if (entry == listEnd) break
    if (at >= end) return CHECK_MALFORMED
    store<u32>(entry, <u32>at)
    at = checkOperation(entry, at, end, (<u32>(listEnd - entry) >> 3) - 1)
    if (!at) return refusal
    entry += 8
  }
  return at == end ? CHECK_OK : CHECK_MALFORMED
}

@inline
export function listedAddress(index: u32): usize {
  return load<u32>(LIST_AT + (<usize>index << 3))
}

@inline
export function listedHash(index: u32): u32 {
  return load<u32>(hashPlace(index))
}

/** Where the hash of an operation is listed; that of the next one lies 8 bytes further on. */
@inline
export function hashPlace(index: u32): usize {
  return LIST_AT + (<usize>index << 3) + 4
}

/** Bytes of arguments of an operation code. */
@inline
export function argumentBytes(code: u32): u32 {
  return unchecked(SHAPES[code]) & 0xff
}

@inline
export function hasKey(code: u32): bool {
  return (unchecked(SHAPES[code]) & HAS_KEY) != 0
}

@inline
export function hasValue(code: u32): bool {
  return (unchecked(SHAPES[code]) & HAS_VALUE) != 0
}

/** Where the operation at `at` ends, with its hash listed; 0, and `refusal` set, when it is refused. */
function checkOperation(entry: usize, at: usize, end: usize, following: u32): usize {
  const operation = <u32>load<u8>(at)
  const code = operation & OP_CODE_MASK
  // The shape of an unknown operation is unknown too: nothing after it can be read.
  if (code - 1 >= <u32>OP_CODE_END - 1) return refuse(CHECK_UNSUPPORTED)
  const shape = unchecked(SHAPES[code])
  if (operation & OP_WITH_VERSION && !(shape & MAY_ASK_VERSION)) return refuse(CHECK_UNSUPPORTED)
  at++
  if (operation & OP_OPTIONS) {
    at = checkOptions(at, end, shape)
    if (!at) return 0
  }
  const argumentsAt = at
  at += shape & 0xff
  if (at > end || !checkArguments(code, argumentsAt, following)) return refuse(CHECK_MALFORMED)
  if (!(shape & HAS_KEY)) {
    store<u32>(entry, 0, 4)
    return at
  }
  const keyBytes = checkLength(at, end)
  if (keyBytes - 1 >= <u32>KEY_BYTES_MAX) return refuse(CHECK_MALFORMED)
  let valueBytes: u32 = 0
  if (shape & HAS_VALUE) {
    valueBytes = checkLength(lengthEnd, end)
    if (valueBytes > <u32>VALUE_BYTES_MAX) return refuse(CHECK_MALFORMED)
  }
  if (keyBytes + valueBytes > <u32>(end - lengthEnd)) return refuse(CHECK_MALFORMED)
  store<u32>(entry, hashKey(lengthEnd, keyBytes), 4)
  return lengthEnd + keyBytes + valueBytes
}

/** Checks the options byte at `at` and what follows it; returns where that ends, or 0. */
function checkOptions(at: usize, end: usize, shape: u32): usize {
  if (at >= end) return refuse(CHECK_MALFORMED)
  const options = <u32>load<u8>(at)
  const condition = options & OPTION_CONDITION_MASK
  if (options & ~OPTION_CONDITION_MASK & ~((shape >> OPTIONS_SHIFT) & 0xff)) return refuse(CHECK_UNSUPPORTED)
  if (!((shape >> CONDITIONS_SHIFT) & (1 << condition))) return refuse(CHECK_UNSUPPORTED)
  const both = OPTION_EXPIRY | OPTION_KEEP_EXPIRY
  if ((options & both) == both) return refuse(CHECK_UNSUPPORTED)
  if (condition >= <u32>CONDITION_LATER && !(options & OPTION_EXPIRY)) return refuse(CHECK_UNSUPPORTED)
  at++
  if (condition == CONDITION_VERSION) at += 8
  if (options & OPTION_EXPIRY) {
    at += 8
    if (at > end || load<u64>(at - 8) - 1 >= <u64>EXPIRY_MS_MAX) return refuse(CHECK_MALFORMED)
  }
  return at <= end ? at : refuse(CHECK_MALFORMED)
}

/** Checks what an operation's place in its section and its arguments say; the arguments are inside the section. */
function checkArguments(code: u32, at: usize, following: u32): bool {
  if (code == OP_ATOMIC) {
    const count = <u32>load<u16>(at)
    if (atomicLeft || count - 1 >= <u32>ATOMIC_OPS_MAX || count > following) return false
    atomicLeft = count
    return true
  }
  if (atomicLeft) {
    if (code > <u32>OP_READ_RANGE) return false
    atomicLeft--
  }
  return code != OP_SCAN || load<u32>(at, 8) - 1 < <u32>SCAN_KEYS_MAX
}

function refuse(check: u32): usize {
  refusal = check
  return 0
}

/** Reads a compact length of an operation that was checked; sets `lengthEnd`. */
@inline
export function readLength(at: usize): u32 {
  const first = <u32>load<u8>(at)
  if (first <= COMPACT_ONE_BYTE_MAX) {
    lengthEnd = at + 1
    return first
  }
  return readLongLength(at, first)
}

function readLongLength(at: usize, first: u32): u32 {
  if (first == COMPACT_U16) {
    lengthEnd = at + 3
    return load<u16>(at, 1)
  }
  lengthEnd = at + 5
  return load<u32>(at, 1)
}

/** Reads a compact length that ends before `end` and is written in its shortest form, or returns -1. */
@inline
function checkLength(at: usize, end: usize): u32 {
  if (at >= end) return -1
  const first = <u32>load<u8>(at)
  if (first <= COMPACT_ONE_BYTE_MAX) {
    lengthEnd = at + 1
    return first
  }
  return checkLongLength(at, end, first)
}

function checkLongLength(at: usize, end: usize, first: u32): u32 {
  if (first == COMPACT_U16) {
    if (at + 3 > end) return -1
    lengthEnd = at + 3
    const length = <u32>load<u16>(at, 1)
    return length > COMPACT_ONE_BYTE_MAX ? length : -1
  }
  if (first != COMPACT_U32 || at + 5 > end) return -1
  lengthEnd = at + 5
  const length = load<u32>(at, 1)
  return length > 0xffff ? length : -1
}
