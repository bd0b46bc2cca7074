// The engine against a plain Map: any operations with any options, time that passes, jumps and runs backwards, memory
// that ends. Every invariant is checked after every section, every effect is judged, and a follower must keep up.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Drawing,
  type DrawnOperation,
  sectionArbitrary,
  USUAL_DRAWING,
} from '../../test/support/drawn-operations.ts'
import type { TestOperation } from '../../test/support/engine-harness.ts'
import { keyOf } from '../../test/support/engine-model.ts'
import { EngineRig, type RigOptions } from '../../test/support/engine-rig.ts'
import { soakRound } from '../../test/support/engine-soak.ts'
import { seededRandom } from '../util/random.ts'

const MIB = 1024 * 1024
const DAY_MS = 86_400_000

/** One thing that is done to a rig, which holds model and reality at once. */
class Step implements fc.Command<object, EngineRig> {
  readonly #name: string
  readonly #do: (rig: EngineRig) => void

  constructor(name: string, doIt: (rig: EngineRig) => void) {
    this.#name = name
    this.#do = doIt
  }

  check(): boolean {
    return true
  }

  run(_model: object, rig: EngineRig): void {
    this.#do(rig)
  }

  toString(): string {
    return this.#name
  }
}

function stepArbitraries(drawing: Drawing): fc.Arbitrary<Step>[] {
  const section = sectionArbitrary(drawing, 40).map(
    (drawn) => new Step(describeSection(drawn), (rig) => rig.execute(drawn)),
  )
  const time = fc.constantFrom(-5_000, 1, 1, 2, 10, 1_000, 60_000, 3_600_000, DAY_MS, 30 * DAY_MS, 300 * DAY_MS)
  return [
    ...Array.from({ length: 5 }, () => section),
    time.map((ms) => new Step(`pass ${ms} ms`, (rig) => rig.passTime(ms))),
    fc.constantFrom(1, 10, 1_000).map((buckets) => new Step(`maintain ${buckets}`, (rig) => rig.maintain(buckets))),
    fc.constant(new Step('follow', (rig) => rig.follow())),
    fc.constantFrom(1, 5, 1_000).map((count) => new Step(`scan by ${count}`, (rig) => rig.scan(count))),
    fc.constant(new Step('read all', (rig) => rig.readAll())),
  ]
}

/** A section as a failure prints it. */
function describeSection(drawn: readonly DrawnOperation[]): string {
  const operations = drawn.map(({ kind, key, ...fields }) => {
    const words = Object.entries(fields).map(([name, value]) => {
      return `${name} ${value instanceof Uint8Array ? `of ${value.length} bytes` : value}`
    })
    return [kind, keyOf(key).slice(0, 8), ...words].join(' ')
  })
  return `section [${operations.join('; ')}]`
}

/** Runs drawn steps; returns the sum of what the oracles saw. */
function runSteps(drawing: Drawing, options: Omit<RigOptions, 'seed'>, numRuns: number): Record<string, number> {
  const sum: Record<string, number> = {}
  const commands = fc.noBias(fc.commands(stepArbitraries(drawing), { maxCommands: 30, size: 'max' }))
  fc.assert(
    fc.property(fc.nat(), commands, (seed, steps) => {
      const rig = new EngineRig({ ...options, seed })
      fc.modelRun(() => ({ model: {}, real: rig }), steps)
      rig.follow()
      for (const [name, count] of Object.entries(rig.oracle.seen)) sum[name] = (sum[name] ?? 0) + count
    }),
    // A failure is made smaller for so long.
    { numRuns, interruptAfterTimeLimit: 60_000 },
  )
  return sum
}

function expectSeen(seen: Readonly<Record<string, number>>, ...names: string[]): void {
  for (const name of names) expect(seen[name], name).toBeGreaterThan(0)
}

describe('the engine against a Map', () => {
  it('answers any operations alike, and emits every change', () => {
    expectSeen(runSteps(USUAL_DRAWING, {}, 60), 'changes', 'expired', 'committed', 'aborted', 'unmet')
  })

  it('gives every version exactly when nothing expires', () => {
    const seen = runSteps({ ...USUAL_DRAWING, expiries: [] }, {}, 30)
    expectSeen(seen, 'changes', 'committed', 'aborted', 'unmet')
    expect(seen).toMatchObject({ expired: 0, evicted: 0, noMemory: 0 })
  })

  const narrow = { ...USUAL_DRAWING, keyCount: 300, clears: false }

  it('loses nothing that it accepted where memory is exhausted', () => {
    expectSeen(runSteps(narrow, { memoryBytesMax: MIB }, 40), 'changes', 'noMemory', 'expired')
  })

  it.each(['any', 'expiring'] as const)('evicts %s records, reports each, and never shows an old value', (eviction) => {
    expectSeen(runSteps(narrow, { memoryBytesMax: MIB, eviction }, 40), 'changes', 'evicted', 'expired')
  })

  it('grows from nothing through many segments, shrinks, and grows again', () => {
    const random = seededRandom(1)
    const rig = new EngineRig({ seed: 1 })
    for (const setShare of [1, 0.1, 0.9]) {
      for (let round = 0; round < 8; round++) {
        rig.execute(
          Array.from({ length: 4_000 }, (): TestOperation => {
            const key = `${random.nextBelow(30_000)}`
            if (random.nextFloat() < 0.2) return { kind: 'get', key }
            if (random.nextFloat() > setShare) return { kind: 'delete', key }
            return { kind: 'set', key, value: Buffer.alloc(random.nextBelow(60), key) }
          }),
        )
      }
      rig.scan(500)
    }
    expect(rig.engine.stats().segments).toBeGreaterThan(4)
    rig.follow()
    rig.readAll()
  })

  // The soak's profiles of many keys: a part of what `npm run soak` runs for as long as wanted.
  it.each([5, 7, 8])('holds in a round of the soak with seed %i', (seed) => {
    expectSeen(soakRound(seed, 25, () => false).seen, 'changes', 'expired', 'committed')
  })
})
