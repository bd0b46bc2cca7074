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
import { EngineRig, type RigOptions } from '../../test/support/engine-rig.ts'

const MIB = 1024 * 1024
const DAY_MS = 86_400_000

/** The rig is model and reality at once: it holds the oracle and the engines. */
type Step = fc.Command<object, EngineRig>

class Step0 implements Step {
  readonly #name: string
  readonly #run: (rig: EngineRig) => void

  constructor(name: string, run: (rig: EngineRig) => void) {
    this.#name = name
    this.#run = run
  }

  check(): boolean {
    return true
  }

  run(_model: object, rig: EngineRig): void {
    this.#run(rig)
  }

  toString(): string {
    return this.#name
  }
}

function describeSection(operations: readonly DrawnOperation[]): string {
  return `section(${operations
    .map(
      ({ kind, key, ...rest }) =>
        `${kind} ${Buffer.from((key ?? '') as Uint8Array)
          .toString('latin1')
          .slice(0, 8)} ${Object.entries(rest)
          .map(([n, v]) => `${n}=${v instanceof Uint8Array ? `${v.length}B` : v}`)
          .join(' ')}`,
    )
    .join('; ')})`
}

function steps(drawing: Drawing, partsMax: number): fc.Arbitrary<Step>[] {
  const section = sectionArbitrary(drawing, partsMax).map(
    (operations): Step => new Step0(describeSection(operations), (rig) => rig.execute(operations)),
  )
  const time = fc
    .constantFrom(-5_000, 1, 1, 2, 10, 500, 1_000, 60_000, 3_600_000, DAY_MS, 30 * DAY_MS)
    .map((ms): Step => new Step0(`time(${ms})`, (rig) => rig.passTime(ms)))
  return [
    ...Array.from({ length: 5 }, () => section),
    time,
    fc.constantFrom(1, 10, 1_000).map((buckets) => new Step0(`maintain(${buckets})`, (rig) => rig.maintain(buckets))),
    fc.constant(new Step0('follow', (rig) => rig.follow())),
    fc.constantFrom(1, 5, 1_000).map((count) => new Step0(`scan(${count})`, (rig) => rig.scan(count))),
    fc.constant(new Step0('read all', (rig) => rig.readAll())),
  ]
}

/** Runs drawn steps; returns the sum of what the oracles saw. */
function run(
  drawing: Drawing,
  options: Omit<RigOptions, 'seed'>,
  numRuns: number,
  partsMax = 40,
): Record<string, number> {
  const seen: Record<string, number> = {}
  fc.assert(
    fc.property(
      fc.nat(),
      fc.noBias(fc.commands(steps(drawing, partsMax), { maxCommands: 30, size: 'max' })),
      (seed, commands) => {
        const rig = new EngineRig({ ...options, seed })
        fc.modelRun(() => ({ model: {}, real: rig }), commands)
        rig.follow()
        for (const [name, count] of Object.entries(rig.oracle.seen)) seen[name] = (seen[name] ?? 0) + count
      },
    ),
    { numRuns },
  )
  return seen
}

describe('the engine against a Map', () => {
  it('answers any operations alike, and emits every change', () => {
    const seen = run(USUAL_DRAWING, {}, 40)
    console.log(seen)
    for (const name of ['changes', 'expired', 'committed', 'aborted', 'unmet'])
      expect(seen[name], name).toBeGreaterThan(0)
  })

  it('answers alike and gives versions without a gap when nothing expires', () => {
    const seen = run({ ...USUAL_DRAWING, expiries: [] }, {}, 10)
    console.log(seen)
  })

  it('holds its limit of memory and loses nothing that it accepted', () => {
    const seen = run({ ...USUAL_DRAWING, keyCount: 300 }, { memoryBytesMax: MIB }, 10)
    console.log(seen)
  })

  it.each(['any', 'expiring'] as const)(
    'evicts %s records only, each reported once, and never shows an old value',
    (eviction) => {
      const seen = run({ ...USUAL_DRAWING, keyCount: 300 }, { memoryBytesMax: MIB, eviction }, 15)
      console.log(seen)
    },
  )
})
