// The door `sluice/engine`: one shard's storage. It knows no socket, no thread and no clock.

export {
  CHECK_MALFORMED,
  CHECK_OK,
  CHECK_UNSUPPORTED,
  createEngine,
  type Engine,
  EXECUTED,
  SLAB_FULL,
  STOPPED,
  WRONG_SLOT,
} from './engine.ts'
export type { EngineOptions } from './options.ts'
export type { EngineStats } from './engine-stats.ts'
export { SluiceError } from '../util/errors.ts'
