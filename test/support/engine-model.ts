// What docs/PROTOCOL.md says that each operation does, in the plainest way: a Map, and one function an operation. An
// expired record stays in the Map until its removal is reported, as it does in the engine; nobody can tell but `count`.

import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_NONE,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  STATUS_MISSING,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_NUMBER_VERSION,
  STATUS_OK,
  STATUS_OK_EXPIRY,
  STATUS_OK_VERSION,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
  STATUS_UNMET,
  STATUS_UNMET_VALUE,
  STATUS_UNMET_VALUE_VERSION,
  STATUS_UNMET_VERSION,
  STATUS_VALUE,
  STATUS_VALUE_EXPIRY,
  STATUS_VALUE_VERSION,
} from '../../src/protocol/codes.ts'
import { VALUE_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { TestOperation } from './engine-harness.ts'

/** A record. Its version is known once the change that made it was seen. */
export interface ModelRecord {
  readonly value: Buffer
  /** 0 for none. */
  readonly expiryMs: number
  version: bigint
}

/** A change that an operation makes. */
export interface ModelChange {
  readonly kind: 'set' | 'remove' | 'clear'
  readonly key: string
  readonly record: ModelRecord
}

/** What an operation must answer. The version is that of `stamp`, when it has one. */
export interface ModelResult {
  readonly status: number
  readonly value?: Buffer
  readonly stamp?: ModelRecord
  readonly expiryMs?: number
  readonly number?: bigint
  readonly change?: ModelChange
}

const NO_VALUE = Buffer.alloc(0)
const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

/** The records by key, and the time. Keys are bytes as Latin-1 text. */
export class ModelState {
  readonly records: Map<string, ModelRecord>
  nowMs: number

  constructor(records: ReadonlyMap<string, ModelRecord> = new Map(), nowMs = 0) {
    this.records = new Map(records)
    this.nowMs = nowMs
  }

  /** The record under a key that has not expired. */
  live(key: string): ModelRecord | undefined {
    const record = this.records.get(key)
    return record !== undefined && !this.isExpired(record) ? record : undefined
  }

  isExpired({ expiryMs }: ModelRecord): boolean {
    return expiryMs !== 0 && expiryMs <= this.nowMs
  }

  /** Keys of the live records. */
  liveKeys(): string[] {
    return [...this.records.keys()].filter((key) => this.live(key) !== undefined)
  }

  apply({ kind, key, record }: ModelChange): void {
    if (kind === 'clear') this.records.clear()
    else if (kind === 'remove') this.records.delete(key)
    else this.records.set(key, record)
  }
}

/** A key or value as bytes. */
export function bytesOf(text: string | Uint8Array | undefined): Buffer {
  return text === undefined ? NO_VALUE : Buffer.from(text as Uint8Array)
}

/** A key as the model has it. */
export function keyOf(key: string | Uint8Array | undefined): string {
  return bytesOf(key).toString('latin1')
}

/** Whether the operation's condition holds for the live record under its key. */
export function conditionHolds(operation: TestOperation, record: ModelRecord | undefined): boolean {
  const { condition = CONDITION_NONE, version, expiryMs = 0 } = operation
  if (condition === CONDITION_NONE) return true
  if (condition === CONDITION_ABSENT) return record === undefined
  if (record === undefined) return false
  switch (condition) {
    case CONDITION_PRESENT:
      return true
    case CONDITION_VERSION:
      return record.version === version
    case CONDITION_NO_EXPIRY:
      return record.expiryMs === 0
    case CONDITION_HAS_EXPIRY:
      return record.expiryMs !== 0
    case CONDITION_LATER:
      return record.expiryMs !== 0 && expiryMs > record.expiryMs
    case CONDITION_EARLIER:
      return record.expiryMs === 0 || expiryMs < record.expiryMs
  }
  throw new Error(`there is no condition ${condition}`)
}

/** What an operation answers whose condition does not hold. */
export function unmet({ withVersion, previous }: TestOperation, record: ModelRecord | undefined): ModelResult {
  if (record === undefined) return { status: STATUS_UNMET }
  if (previous === true) {
    if (withVersion !== true) return { status: STATUS_UNMET_VALUE, value: record.value }
    return { status: STATUS_UNMET_VALUE_VERSION, value: record.value, stamp: record }
  }
  return withVersion === true ? { status: STATUS_UNMET_VERSION, stamp: record } : { status: STATUS_UNMET }
}

/** What an operation with a key does whose condition holds; nothing changes yet. */
export function perform(state: ModelState, operation: TestOperation): ModelResult {
  const key = keyOf(operation.key)
  const record = state.live(key)
  switch (operation.kind) {
    case 'get':
    case 'exists':
    case 'read-range':
      return record === undefined ? { status: STATUS_MISSING } : read(operation, record)
    case 'set': {
      const kept = operation.keepExpiry === true ? (record?.expiryMs ?? 0) : 0
      const change = setTo(key, bytesOf(operation.value), operation.expiryMs ?? kept)
      return changed(operation, change, record)
    }
    case 'delete':
      if (record === undefined) return { status: STATUS_MISSING }
      return changed(operation, { kind: 'remove', key, record: { ...record, version: 0n } }, record)
    case 'expire':
      if (record === undefined) return { status: STATUS_MISSING }
      return changed(operation, setTo(key, record.value, operation.expiryMs ?? 0), record)
    case 'add':
      return add(operation, key, record)
    case 'append':
      return write(operation, key, record, record?.value.length ?? 0)
    case 'write-range':
      if (bytesOf(operation.value).length > 0) return write(operation, key, record, operation.offset ?? 0)
      return numbered(operation, BigInt(record?.value.length ?? 0), record)
  }
  throw new Error(`${operation.kind} is not about one record`)
}

function read(operation: TestOperation, record: ModelRecord): ModelResult {
  const { kind, withVersion, withExpiry, offset = 0, bytes = 0 } = operation
  const stamps = { stamp: record, ...(withExpiry === true ? { expiryMs: record.expiryMs } : {}) }
  if (kind === 'exists') {
    if (withExpiry === true) return { status: STATUS_OK_EXPIRY, ...stamps }
    return withVersion === true ? { status: STATUS_OK_VERSION, ...stamps } : { status: STATUS_OK }
  }
  const value = kind === 'get' ? record.value : record.value.subarray(offset, offset + bytes)
  if (withExpiry === true) return { status: STATUS_VALUE_EXPIRY, value, ...stamps }
  return withVersion === true ? { status: STATUS_VALUE_VERSION, value, ...stamps } : { status: STATUS_VALUE, value }
}

function changed(operation: TestOperation, change: ModelChange, old: ModelRecord | undefined): ModelResult {
  const { withVersion, previous } = operation
  const stamp = withVersion === true ? { stamp: change.record } : {}
  if (previous === true && old !== undefined) {
    return { status: withVersion === true ? STATUS_VALUE_VERSION : STATUS_VALUE, value: old.value, change, ...stamp }
  }
  return { status: withVersion === true ? STATUS_OK_VERSION : STATUS_OK, change, ...stamp }
}

function add(operation: TestOperation, key: string, record: ModelRecord | undefined): ModelResult {
  const text = record === undefined ? '0' : record.value.toString('latin1')
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return { status: STATUS_NOT_A_NUMBER }
  const present = BigInt(text)
  if (present > INT64_MAX || present < INT64_MIN) return { status: STATUS_NOT_A_NUMBER }
  const sum = present + (operation.delta ?? 0n)
  if (sum > INT64_MAX || sum < INT64_MIN) return { status: STATUS_OVERFLOW }
  const expiryMs = record === undefined ? (operation.expiryMs ?? 0) : record.expiryMs
  const change = setTo(key, Buffer.from(`${sum}`), expiryMs)
  return { ...numbered(operation, sum, change.record), change }
}

function write(operation: TestOperation, key: string, record: ModelRecord | undefined, offset: number): ModelResult {
  const written = bytesOf(operation.value)
  const old = record?.value ?? NO_VALUE
  if (offset + written.length > VALUE_BYTES_MAX) return { status: STATUS_TOO_LARGE }
  const value = Buffer.alloc(Math.max(old.length, offset + written.length))
  old.copy(value)
  written.copy(value, offset)
  const change = setTo(key, value, record?.expiryMs ?? 0)
  return { ...numbered(operation, BigInt(value.length), change.record), change }
}

function numbered({ withVersion }: TestOperation, number: bigint, stamp: ModelRecord | undefined): ModelResult {
  if (withVersion !== true || stamp === undefined) return { status: STATUS_NUMBER, number }
  return { status: STATUS_NUMBER_VERSION, number, stamp }
}

function setTo(key: string, value: Buffer, expiryMs: number): ModelChange {
  return { kind: 'set', key, record: { value, expiryMs, version: 0n } }
}
