// Makes an instance of the WebAssembly module that draws operations, with a memory of its own.

import { wasm } from '../../engine/web-assembly.ts'
import { AssertionError, assert } from '../../util/assert.ts'
import { DRAWING_WASM_BASE64 } from './generated/drawing-module.ts'

const PAGE_BYTES = 65_536

/** Pages that the module's static data needs. */
const STATIC_PAGES = 1

const PAGES_MAX = 65_535

/** What `assembly/index.ts` exports. Kinds and one distribution and one format of keys are set before the first block. */
export interface DrawingExports {
  open(seed: bigint): void
  addKind(kind: number, bound: bigint): void
  setInserts(kind: number, first: number, rankStep: number): void
  setCounters(kind: number, prefix: number): void
  setUniform(records: number): void
  setZipf(records: number, zeta: number, secondBound: number, eta: number, alpha: number, theta: number): void
  setScrambledZipf(): void
  setLatest(client: number, clientCount: number): void
  setHotspot(records: number, hot: number, bound: number, scaleBelow: number, scaleAbove: number): void
  setKeyStride(bytes: number): void
  setDecimalKeys(): void
  setUserKeys(): void
  draw(block: number, capacity: number, count: number): void
  enumerate(block: number, capacity: number, count: number, kind: number, first: number): void
  inserted(): number
}

/** An instance and its memory; from `heapStart` on it is the caller's. */
export interface DrawingModule {
  readonly exports: DrawingExports
  readonly buffer: SharedArrayBuffer
  readonly heapStart: number
}

/** Opens an instance with `heapBytes` for the caller. */
export function openDrawingModule(heapBytes: number): DrawingModule {
  const pages = STATIC_PAGES + Math.ceil(heapBytes / PAGE_BYTES)
  assert(pages <= PAGES_MAX, 'the blocks of a client fit 4 GiB')
  const memory = new wasm.Memory({ initial: pages, maximum: PAGES_MAX, shared: true })
  const module = new wasm.Module(Buffer.from(DRAWING_WASM_BASE64, 'base64'))
  const abort = (): never => {
    throw new AssertionError('the drawing module failed an assertion')
  }
  // The compiler of `assembly/` has checked the other side of this interface.
  const exports = new wasm.Instance(module, { env: { memory, abort } }).exports as DrawingExports
  return { exports, buffer: memory.buffer, heapStart: STATIC_PAGES * PAGE_BYTES }
}
