// The operation being executed, taken apart, at a fixed address: those that are not plain gets go through here.

import {
  CONDITION_VERSION,
  OP_CODE_MASK,
  OP_OPTIONS,
  OP_WITH_VERSION,
  OPTION_CONDITION_MASK,
  OPTION_EXPIRY,
} from '../../protocol/codes.ts'
import { OPERATION_AT } from './layout.ts'
import { argumentBytes, hasKey, hasValue, lengthEnd, readLength } from './request.ts'

@unmanaged
export class Operation {
  code: u32
  /** 1 when the result is to carry the record's version, else 0. */
  withVersion: u32
  /** The options byte, 0 when there is none. */
  options: u32
  condition: u32
  hash: u32
  key: usize
  keyBytes: u32
  value: usize
  valueBytes: u32
  /** Address of the arguments. */
  arguments: usize
  /** The version that the condition asks for. */
  version: u64
  /** Absolute ms; 0 when the operation has none. */
  expiry: u64

  @inline
  has(option: u32): bool {
    return (this.options & option) != 0
  }
}

/** The one instance. */
@inline
export function operation(): Operation {
  return changetype<Operation>(OPERATION_AT)
}

/** Takes the checked operation at `at` apart. */
export function readOperation(at: usize, hash: u32): void {
  const op = operation()
  const byte = <u32>load<u8>(at++)
  const code = byte & OP_CODE_MASK
  op.code = code
  op.withVersion = byte & OP_WITH_VERSION ? 1 : 0
  op.options = 0
  op.condition = 0
  op.expiry = 0
  op.hash = hash
  if (byte & OP_OPTIONS) at = readOptions(op, at)
  op.arguments = at
  at += argumentBytes(code)
  op.keyBytes = 0
  op.valueBytes = 0
  if (!hasKey(code)) return
  op.keyBytes = readLength(at)
  if (hasValue(code)) op.valueBytes = readLength(lengthEnd)
  op.key = lengthEnd
  op.value = lengthEnd + op.keyBytes
}

function readOptions(op: Operation, at: usize): usize {
  const options = <u32>load<u8>(at++)
  op.options = options
  op.condition = options & OPTION_CONDITION_MASK
  if (op.condition == CONDITION_VERSION) {
    op.version = load<u64>(at)
    at += 8
  }
  if (options & OPTION_EXPIRY) {
    op.expiry = load<u64>(at)
    at += 8
  }
  return at
}
