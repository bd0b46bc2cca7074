// Operations and keys in words. All of it is printable ASCII, whatever a key holds.

import {
  ADD,
  COMPARE_AND_SET,
  DELETE,
  DONE,
  EXPIRE,
  INCREMENT,
  KIND_NAMES,
  READ,
  STATUS_NAMES,
  UNKNOWN,
  UNMET,
  WIPE,
  WRITE,
} from './format.ts'
import type { KeyOperations } from './key-operations.ts'

const KEY_CHARACTERS_MAX = 80
const NS_PER_US = 1_000

/** A key in quotes; bytes that do not print as \xNN, and cut when it is long. */
export function keyText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (text.length >= KEY_CHARACTERS_MAX) return `"${text}..." (${bytes.length} bytes)`
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `"${text}"`
}

/** What the operation was told to do, and what came of it. */
export function operationText(operations: KeyOperations, index: number): string {
  const kind = operations.kinds[index] as number
  const status = operations.statuses[index] as number
  const expiry = operations.isMortal[index] === 0 ? '' : ' with an expiry'
  const version = operations.hasVersion(index) && status !== UNKNOWN ? `, version ${operations.versionOf(index)}` : ''
  return `${whatText(operations, index, kind)}${expiry}: ${outcomeText(operations, index, kind, status)}${version}`
}

/** Both times in microseconds from the first invocation. */
export function timesText(operations: KeyOperations, index: number): string {
  const startNs = operations.invokedNs[0] as number
  const us = (timeNs: number): string => ((timeNs - startNs) / NS_PER_US).toFixed(3)
  const returnedNs = operations.returnedNs[index] as number
  const end = returnedNs === Number.POSITIVE_INFINITY ? 'never' : us(returnedNs)
  return `${us(operations.invokedNs[index] as number)} to ${end}`
}

function whatText(operations: KeyOperations, index: number, kind: number): string {
  switch (kind) {
    case WRITE:
    case ADD:
      return `${KIND_NAMES[kind]} ${operations.valueOf(index)}`
    case COMPARE_AND_SET:
      return `write ${operations.valueOf(index)} if version ${operations.argumentOf(index)}`
    case INCREMENT:
      return `increment by ${BigInt.asIntN(64, operations.argumentOf(index))}`
    case WIPE:
      return 'the store is wiped'
    default:
      return KIND_NAMES[kind] ?? ''
  }
}

function outcomeText(operations: KeyOperations, index: number, kind: number, status: number): string {
  if (status === UNMET) {
    const isAbsence = kind === READ || kind === DELETE || kind === EXPIRE
    return kind === ADD ? 'there is a record' : isAbsence ? 'no record' : 'refused'
  }
  if (status !== DONE) return STATUS_NAMES[status] ?? ''
  if (kind === READ) return String(operations.valueOf(index))
  return kind === INCREMENT ? String(BigInt.asIntN(64, operations.valueOf(index))) : 'done'
}
