// The part of the platform's WebAssembly interface that the engine uses, typed here because neither the ECMAScript
// library nor Node's types declare it, and the browser's library would declare a window as well.

/** A compiled module. */
export interface WasmModule {
  readonly '[[module]]': never
}

/** A memory; its buffer is a new object after each growth. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer
  /** Adds pages of 64 KiB. Throws a RangeError when the maximum or the system does not allow it. */
  grow(pages: number): number
}

/** An exported constant. */
export interface WasmGlobal {
  readonly value: number
}

interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: unknown }
}

/** The platform's own object. */
export const wasm: WebAssemblyInterface = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly
