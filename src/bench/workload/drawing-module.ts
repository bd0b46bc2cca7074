// Makes an instance of the WebAssembly module that draws operations, with a memory of its own.

import { wasm } from '../../engine/web-assembly.ts'
import { AssertionError, assert } from '../../util/assert.ts'
import { DRAWING_WASM_BASE64 } from './generated/drawing-module.ts'

const PAGE_BYTES = 65_536

/** Pages that the module's static data needs. */
const STATIC_PAGES = 1

const PAGES_MAX = 65_535

/** What `assembly/index.ts` exports. */
export interface DrawingExports {
  setZipf(records: number, zeta: number, secondBound: number, eta: number, alpha: number): void
  open(seed: bigint, readBound: bigint): void
  draw(block: number, capacity: number, count: number): void
  enumerate(block: number, capacity: number, count: number, first: number): void
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
