// The door `sluice/engine`: one shard's storage. It knows no socket, no thread and no clock.

export { SluiceError } from '../util/errors.ts'
export {
  CHECK_MALFORMED,
  CHECK_OK,
  CHECK_UNSUPPORTED,
  EXECUTED,
  SLAB_FULL,
  STOPPED,
  WRONG_SLOT,
} from './assembly/outcomes.ts'
export { createEngine, type Engine } from './engine.ts'
export type { EngineStats } from './engine-stats.ts'
export { type EngineOptions, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from './options.ts'
