// Opens the engines of a node's shards.

import { createEngine, type EngineOptions } from '../engine/index.ts'
import { firstVersion } from './node-identity.ts'
import type { OpenEngine } from './owned-shard.ts'

/** What all engines of a node are opened with. */
export type NodeEngineOptions = Omit<EngineOptions, 'ownedSlots' | 'versionStart'>

/** Opens engines whose versions begin at the time of their opening. Opening throws INVALID_ARGUMENT. */
export function engineOpener(options: NodeEngineOptions, nowMs: () => number): OpenEngine {
  return (slots) => createEngine({ ...options, versionStart: firstVersion(nowMs()), ownedSlots: slots.bytes })
}
