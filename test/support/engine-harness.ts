// An engine driven the way a server does it: operations as bytes in, results as bytes out of slabs. Runs the build
// with assertions.

import { ENGINE_WASM_BASE64 } from '../../src/engine/generated/engine-module-checked.ts'
import { createEngine, type Engine, type EngineOptions, EXECUTED, SLAB_FULL } from '../../src/engine/index.ts'
import { compileEngine } from '../../src/engine/instance.ts'
import { OP_DELETE, OP_EXISTS, OP_GET, OP_SET, OP_WITH_VERSION } from '../../src/protocol/codes.ts'
import { readResults } from '../../src/protocol/result-reader.ts'
import { OPERATIONS_START, SectionWriter } from '../../src/protocol/section-writer.ts'
import { seededRandom } from '../../src/util/random.ts'

/** The engine with assertions. */
export const checkedModule = compileEngine(ENGINE_WASM_BASE64)

/** One operation, as tests write it. */
export interface TestOperation {
  readonly kind: 'get' | 'set' | 'delete' | 'exists'
  readonly key: string | Uint8Array
  readonly value?: string | Uint8Array
  readonly withVersion?: boolean
}

/** One result, copied out. */
export interface TestResult {
  readonly status: number
  readonly value: Uint8Array
  readonly version: bigint | undefined
}

/** What became of a section. */
export interface TestReply {
  /** EXECUTED, STOPPED or WRONG_SLOT. */
  readonly outcome: number
  readonly results: readonly TestResult[]
  /** Bytes of all results as they would be sent. */
  readonly bytes: Uint8Array
}

const CODES = { get: OP_GET, set: OP_SET, delete: OP_DELETE, exists: OP_EXISTS } as const
const VERSION_STATUSES = new Set([1, 3])

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
  for (const { kind, key, value, withVersion } of operations) {
    const code = CODES[kind] | (withVersion ? OP_WITH_VERSION : 0)
    if (kind === 'set') writer.appendSet(code, key, value ?? '')
    else if (typeof key === 'string') writer.appendString(code, key)
    else writer.appendBytes(code, key, 0, key.length)
  }
  return writer.buffer.slice(OPERATIONS_START, writer.end)
}

/** Executes operations as one frame with one section. */
export function executeSection(engine: Engine, operations: readonly TestOperation[], nowMs = 0): TestReply {
  engine.begin()
  const staged = engine.stage(encodeOperations(operations), operations.length)
  if (staged !== 0) throw new Error(`the section was refused: ${staged}`)
  const parts: Uint8Array[] = []
  let slab = 0
  let outcome = engine.execute(operations.length, nowMs, slab, 0)
  parts.push(engine.slabView(slab, 0, engine.position).slice())
  while (outcome === SLAB_FULL) {
    slab++
    outcome = engine.resume(slab, 0)
    parts.push(engine.slabView(slab, 0, engine.position).slice())
  }
  const bytes = new Uint8Array(Buffer.concat(parts))
  if (outcome === EXECUTED && engine.resultCount !== operations.length) throw new Error('an operation has no result')
  return { outcome, results: decodeResults(bytes, engine.resultCount), bytes }
}

/** Reads results as they are sent. */
export function decodeResults(bytes: Uint8Array, count: number): TestResult[] {
  const columns = { statuses: new Uint8Array(count), starts: new Uint32Array(count), lengths: new Uint32Array(count) }
  readResults(bytes, 0, bytes.length, count, columns, 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from(columns.statuses, (status, index) => {
    const start = columns.starts[index] ?? 0
    return {
      status,
      value: bytes.slice(start, start + (columns.lengths[index] ?? 0)),
      version: VERSION_STATUSES.has(status) ? view.getBigUint64(start - 8, true) : undefined,
    }
  })
}
