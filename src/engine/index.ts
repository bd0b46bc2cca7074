/**
 * The door `sluice/engine`: a store inside the process (`openStore`), and the engine below it (`createEngine`), which
 * executes encoded operations. Neither knows a socket or a thread, and the engine no clock.
 *
 * @example
 * const store = openStore({ eviction: 'any' })
 * store.set('greeting', 'hello')
 * store.get('greeting') // 'hello'
 */

export type { DeleteOptions, ExpireOptions, NewRecordOptions, SetOptions } from '../protocol/write-options.ts'
export { ERROR_CODES, type ErrorCode, SluiceError } from '../util/errors.ts'
export {
  CHECK_MALFORMED,
  CHECK_OK,
  CHECK_UNSUPPORTED,
  EFFECTS_FULL,
  EXECUTED,
  SLAB_FULL,
  STOPPED,
  WRONG_SLOT,
} from './assembly/outcomes.ts'
export { createEngine, type Effects, type Engine } from './engine.ts'
export type { EngineStats } from './engine-stats.ts'
export {
  type EngineOptions,
  EVICTION_POLICIES,
  type EvictionPolicy,
  MEMORY_BYTES_MAX,
  MEMORY_BYTES_MIN,
} from './options.ts'
export { openStore, type Store } from './store.ts'
export type { Exchange, ScanPage, StoredRecord } from './store-answers.ts'
export type { StoreBatch } from './store-batch.ts'
export type { StoreBatchResults } from './store-batch-results.ts'
export type { BatchOptions, ScanOptions, StoreClock, StoreOptions } from './store-options.ts'
export type { StoreStats } from './store-stats.ts'
