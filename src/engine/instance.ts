// Compiles the embedded WebAssembly once per thread and makes instances of it, each with a memory of its own.

import { AssertionError } from '../util/assert.ts'
import { ENGINE_WASM_BASE64 } from './generated/engine-module.ts'
import type { ValidEngineOptions } from './options.ts'
import { type WasmGlobal, type WasmMemory, type WasmModule, wasm } from './web-assembly.ts'

const PAGE_BYTES = 65_536

/** Pages that the module's static data needs. */
const STATIC_PAGES = 1

/** Pages of heap that a fresh instance has. */
const HEAP_PAGES_MIN = 16

/** Pages that WebAssembly can address: one less than 4 GiB, whose size would not fit 32 bits. */
export const PAGES_MAX = 65_535

/** What `assembly/index.ts` exports. */
export interface EngineExports {
  readonly CALL_AT: WasmGlobal
  readonly LIST_AT: WasmGlobal
  readonly REQUEST_AT: WasmGlobal
  readonly SLABS_AT: WasmGlobal
  readonly SLAB_BYTES: WasmGlobal
  readonly SLAB_TAIL_BYTES: WasmGlobal
  readonly SLOTS_AT: WasmGlobal
  open(
    effectsStart: number,
    effectsBytes: number,
    heapStart: number,
    pagesMax: number,
    versionStart: bigint,
    policy: number,
    repeats: number,
  ): number
  checkOperations(bytes: number, count: number): number
  execute(count: number, nowMs: number, at: number, end: number): number
  resume(at: number, end: number): number
  getSingle(keyBytes: number, nowMs: number): number
  maintain(nowMs: number, buckets: number): void
  beginDiscard(): void
  discardUnowned(buckets: number): number
  raiseVersion(version: bigint): void
  clearEffects(): void
  applyEffects(bytes: number, nowMs: number): number
  digest(): bigint
  checkInvariants(): number
  farthestEntry(): number
}

/** An instance, and where its buffer of effects and its heap start. */
export interface EngineInstance {
  readonly exports: EngineExports
  readonly memory: WasmMemory
  readonly effectsStart: number
  readonly heapStart: number
}

let releaseModule: WasmModule | undefined

/** Compiles an embedded module. */
export function compileEngine(base64: string): WasmModule {
  return new wasm.Module(Buffer.from(base64, 'base64'))
}

/** Makes an instance with memory for the buffers and a first piece of heap. */
export function instantiate(options: ValidEngineOptions): EngineInstance {
  releaseModule ??= compileEngine(ENGINE_WASM_BASE64)
  const memory = new wasm.Memory({ initial: STATIC_PAGES, maximum: PAGES_MAX, shared: true })
  const exports = link(options.module ?? releaseModule, memory)
  // The layout is the module's: memory grows to it once the module is there to tell.
  const effectsStart = exports.SLABS_AT.value + options.replySlabsMax * exports.SLAB_BYTES.value
  const heapPage = Math.ceil((effectsStart + options.effectsBytesMax) / PAGE_BYTES)
  memory.grow(heapPage + HEAP_PAGES_MIN - STATIC_PAGES)
  return { exports, memory, effectsStart, heapStart: heapPage * PAGE_BYTES }
}

function link(module: WasmModule, memory: WasmMemory): EngineExports {
  const abort = (message: number, file: number, line: number): never => {
    throw new AssertionError(`engine: ${text(memory, message)} (${text(memory, file)}:${line})`)
  }
  // The compiler of `assembly/` has checked the other side of this interface.
  return new wasm.Instance(module, { env: { memory, abort } }).exports as EngineExports
}

/** A static string of the module: UTF-16, its length in bytes in the four bytes before it. */
function text(memory: WasmMemory, at: number): string {
  const view = new DataView(memory.buffer)
  const bytes = view.getUint32(at - 4, true)
  let result = ''
  for (let index = 0; index < bytes; index += 2) result += String.fromCharCode(view.getUint16(at + index, true))
  return result
}
