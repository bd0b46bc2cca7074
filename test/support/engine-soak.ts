// One round of the soak: a rig with all features on under a long run of drawn operations. Everything follows from the
// round's seed.

import fc from 'fast-check'
import type { EvictionPolicy } from '../../src/engine/index.ts'
import { type Random, seededRandom } from '../../src/util/random.ts'
import { type Drawing, sectionArbitrary, USUAL_DRAWING } from './drawn-operations.ts'
import { EngineRig } from './engine-rig.ts'

/** What a round draws, and of what engine. */
interface Profile {
  readonly name: string
  readonly drawing: Drawing
  readonly partsMax: number
  readonly memoryBytesMax?: number
  readonly eviction?: EvictionPolicy
}

const MIB = 1024 * 1024
const DAY_MS = 86_400_000
const JUMPS_MS = [1, 1, 2, 1_000, 1_000, 60_000, 3_600_000, DAY_MS, 30 * DAY_MS, 300 * DAY_MS, -5_000]

/** Few keys and values of any size; and many keys and short values, so that the index grows. */
const NARROW: Drawing = { ...USUAL_DRAWING, keyCount: 300 }
const WIDE: Drawing = { ...USUAL_DRAWING, keyCount: 20_000, valueBytesMax: 400, keyBytesMax: 40, clears: false }

const PROFILES: readonly Profile[] = [
  { name: 'usual', drawing: USUAL_DRAWING, partsMax: 60 },
  { name: 'without expiry', drawing: { ...USUAL_DRAWING, expiries: [] }, partsMax: 60 },
  { name: 'little memory', drawing: NARROW, partsMax: 60, memoryBytesMax: MIB },
  { name: 'evicting any', drawing: NARROW, partsMax: 60, memoryBytesMax: MIB, eviction: 'any' },
  { name: 'evicting expiring', drawing: NARROW, partsMax: 60, memoryBytesMax: MIB, eviction: 'expiring' },
  { name: 'many keys', drawing: WIDE, partsMax: 400 },
  { name: 'many keys, little memory', drawing: WIDE, partsMax: 400, memoryBytesMax: MIB },
  { name: 'many keys, evicting any', drawing: WIDE, partsMax: 400, memoryBytesMax: MIB, eviction: 'any' },
  { name: 'many keys, evicting expiring', drawing: WIDE, partsMax: 400, memoryBytesMax: MIB, eviction: 'expiring' },
]

/**
 * Runs `steps` steps, or fewer when `isOver` says so. Throws an error that names seed, profile and step. After
 * `canaryStep` the oracle forgets everything, which must be noticed.
 */
export function soakRound(
  seed: number,
  steps: number,
  isOver: () => boolean,
  canaryStep = -1,
): { profile: string; seen: EngineRig['oracle']['seen'] } {
  const profile = PROFILES[(seed >>> 0) % PROFILES.length] as Profile
  const { drawing, partsMax, name, ...options } = profile
  const random = seededRandom(seed)
  const rig = new EngineRig({ ...options, seed })
  const sections = fc.noBias(sectionArbitrary(drawing, partsMax))
  for (let step = 0; step < steps && !isOver(); step++) {
    try {
      for (const section of fc.sample(sections, { seed: random.next32() | 0, numRuns: 1 })) rig.execute(section)
      if (step === canaryStep) rig.oracle.state.records.clear()
      between(rig, random)
    } catch (error) {
      throw new Error(`seed ${seed} (${name}), step ${step}: ${(error as Error).message}`, { cause: error })
    }
  }
  rig.follow()
  return { profile: name, seen: rig.oracle.seen }
}

/** What happens between two sections. */
function between(rig: EngineRig, random: Random): void {
  const choice = random.nextBelow(10)
  if (choice < 3) rig.passTime(JUMPS_MS[random.nextBelow(JUMPS_MS.length)] as number)
  else if (choice === 3) rig.maintain(1 + random.nextBelow(2_000))
  else if (choice === 4) rig.follow()
  else if (choice === 5) rig.scan(1 + random.nextBelow(200))
  else if (choice === 6) rig.readAll()
}
