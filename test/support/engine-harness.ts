// An engine driven the way a server does it: operations as bytes in, results as bytes out of slabs, effects taken out
// of their buffer as it fills. Runs the build with assertions.

import { ENGINE_WASM_BASE64 } from '../../src/engine/generated/engine-module-checked.ts'
import {
  CHECK_OK,
  createEngine,
  EFFECTS_FULL,
  type Engine,
  type EngineOptions,
  EXECUTED,
  SLAB_FULL,
  STOPPED,
} from '../../src/engine/index.ts'
import { compileEngine } from '../../src/engine/instance.ts'
import { STATUS_NUMBER, STATUS_NUMBER_VERSION } from '../../src/protocol/codes.ts'
import { FRAME_OPS_MAX } from '../../src/protocol/limits.ts'
import type { OperationFields } from '../../src/protocol/operation-head.ts'
import { OPERATIONS } from '../../src/protocol/operations.ts'
import { readResults } from '../../src/protocol/result-reader.ts'
import { OPERATIONS_START, SectionWriter } from '../../src/protocol/section-writer.ts'
import { RESULT_SHAPES, STATUSES } from '../../src/protocol/statuses.ts'
import { seededRandom } from '../../src/util/random.ts'

/** The engine with assertions. */
export const checkedModule = compileEngine(ENGINE_WASM_BASE64)

/** The name of an operation. */
export type OperationKind = (typeof OPERATIONS)[number]['name']

/**
 * One operation, as tests write it: a field that its kind does not take is an error, but a missing value is an empty
 * one.
 */
export interface TestOperation extends OperationFields {
  readonly kind: OperationKind
}

/** One result, copied out. */
export interface TestResult {
  readonly status: number
  readonly value: Uint8Array
  readonly version: bigint | undefined
  /** Undefined when the result has none, 0 when the record has none. */
  readonly expiryMs?: number | undefined
  readonly number?: bigint | undefined
}

/** What became of a section. */
export interface TestReply {
  /** EXECUTED, STOPPED or WRONG_SLOT. */
  readonly outcome: number
  readonly results: readonly TestResult[]
  /** Bytes of all results as they would be sent. */
  readonly bytes: Uint8Array
  /** The effects that were emitted, those of sweeps behind the operations included; empty when nobody asked. */
  readonly effects: Uint8Array
  /** How often the buffer of effects was full. */
  readonly effectsFull: number
}

/** Frames that may be answered without a result while work of other kinds goes on, before something is wrong. */
const FRAMES_WITHOUT_PROGRESS_MAX = 200

/** A secret that depends on a seed alone. */
export function testSecret(seed: number): Uint8Array {
  const secret = new Uint8Array(32)
  seededRandom(seed).fillBytes(secret)
  return secret
}

/** Opens an engine with assertions on. */
export function openTestEngine(options: Partial<EngineOptions> = {}): Engine {
  return createEngine({
    memoryBytesMax: 64 * 1024 * 1024,
    secret: testSecret(1),
    versionStart: 1000n,
    module: checkedModule,
    ...options,
  })
}

/** Encodes operations as one section's bytes. */
export function encodeOperations(operations: readonly TestOperation[]): Uint8Array {
  const writer = new SectionWriter()
  for (const operation of operations) {
    const row = rowOf(operation.kind)
    const isWithoutValue = row.hasValue && operation.value === undefined
    writer.appendOperation(row.code, isWithoutValue ? { ...operation, value: '' } : operation)
  }
  return writer.buffer.slice(OPERATIONS_START, writer.end)
}

/** Executes operations as one frame with one section. */
export function executeSection(engine: Engine, operations: readonly TestOperation[], nowMs = 0): TestReply {
  return executeEncoded(engine, encodeOperations(operations), operations.length, nowMs)
}

/** As `executeSection`, for operations that are encoded already and well-formed. */
export function executeEncoded(engine: Engine, operations: Uint8Array, count: number, nowMs = 0): TestReply {
  const staged = engine.stage(operations, count)
  if (staged !== CHECK_OK) throw new Error(`the section was refused: ${staged}`)
  const parts: Uint8Array[] = []
  const effects: Uint8Array[] = []
  let slab = 0
  let start = 0
  let outcome = engine.execute(count, nowMs, slab, start)
  for (;;) {
    parts.push(engine.slabView(slab, start, engine.position).slice())
    start = engine.position
    if (outcome === EFFECTS_FULL) {
      effects.push(takeEffects(engine))
    } else if (outcome === SLAB_FULL) {
      slab++
      start = 0
    } else {
      break
    }
    outcome = engine.resume(slab, start)
  }
  const effectsFull = effects.length
  effects.push(takeEffects(engine))
  const bytes = joined(parts)
  if (outcome === EXECUTED && engine.resultCount !== count) throw new Error('an operation has no result')
  const results = decodeResults(bytes, engine.resultCount)
  return { outcome, results, bytes, effects: joined(effects), effectsFull }
}

/**
 * Executes operations as a client does whose frames are full or stopped at limits: goes on from the first operation
 * that was not executed. No atomic group may lie across the end of a full frame. `bytes` are those of all frames; the
 * outcome is EXECUTED or WRONG_SLOT.
 */
export function executeAll(
  engine: Engine,
  operations: readonly TestOperation[],
  nowMs = 0,
): TestReply & { readonly frames: number } {
  const replies: TestReply[] = []
  let done = 0
  let idle = 0
  for (;;) {
    const reply = executeSection(engine, operations.slice(done, done + FRAME_OPS_MAX), nowMs)
    replies.push(reply)
    done += reply.results.length
    if (reply.outcome === EXECUTED && done < operations.length) continue
    if (reply.outcome !== STOPPED) break
    idle = reply.results.length === 0 ? idle + 1 : 0
    if (idle > FRAMES_WITHOUT_PROGRESS_MAX) throw new Error(`no progress behind operation ${done}`)
  }
  return {
    outcome: replies.at(-1)?.outcome ?? EXECUTED,
    results: replies.flatMap(({ results }) => results),
    bytes: joined(replies.map(({ bytes }) => bytes)),
    effects: joined(replies.map(({ effects }) => effects)),
    effectsFull: replies.reduce((sum, { effectsFull }) => sum + effectsFull, 0),
    frames: replies.length,
  }
}

/** Copies the effects out of their buffer and empties it. */
export function takeEffects(engine: Engine): Uint8Array {
  const { bytes, count, firstPosition } = engine.effects()
  if (firstPosition + count !== engine.stats().effectPosition) throw new Error('the effects have a gap')
  const copy = bytes.slice()
  engine.clearEffects()
  return copy
}

/** Reads results as they are sent. */
export function decodeResults(bytes: Uint8Array, count: number): TestResult[] {
  const columns = { statuses: new Uint8Array(count), starts: new Uint32Array(count), lengths: new Uint32Array(count) }
  readResults(bytes, 0, bytes.length, count, columns, 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from(columns.statuses, (status, index): TestResult => {
    const start = columns.starts[index] ?? 0
    const isNumber = status === STATUS_NUMBER || status === STATUS_NUMBER_VERSION
    const stampBytes = stampBytesOf(status)
    return {
      status,
      value: isNumber ? new Uint8Array(0) : bytes.slice(start, start + (columns.lengths[index] ?? 0)),
      version: stampBytes > 0 ? view.getBigUint64(start - 8, true) : undefined,
      ...(stampBytes > 8 ? { expiryMs: Number(view.getBigUint64(start - 16, true)) } : {}),
      ...(isNumber ? { number: view.getBigInt64(start, true) } : {}),
    }
  })
}

function stampBytesOf(status: number): number {
  const row = STATUSES[status]
  if (row === undefined) throw new Error(`there is no status ${status}`)
  return RESULT_SHAPES[row.shape].stampBytes
}

function rowOf(kind: OperationKind) {
  const row = OPERATIONS.find(({ name }) => name === kind)
  if (row === undefined) throw new Error(`there is no operation ${kind}`)
  return row
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : new Uint8Array(Buffer.concat(parts))
}
