// Both checkers against every order of small random histories, in both directions, and against histories that came about
// by a linearizable record.

import { describe, expect, it } from 'vitest'
import { isLinearizable } from '../../test/support/brute-force.ts'
import { keyOperationsOf, type PlainOperation } from '../../test/support/history-text.ts'
import { type DrawOptions, drawNonsense, mutate, simulate } from '../../test/support/record-simulation.ts'
import { seedOf } from '../../test/support/seed.ts'
import { type Random, seededRandom } from '../util/random.ts'
import type { KeyOperations } from './key-operations.ts'
import { Search } from './search.ts'
import { smallestBroken } from './smallest.ts'
import { versionCheck } from './version-check.ts'
import { isForZoneTest, zoneTest } from './zone-test.ts'

const HISTORIES = 4_000
const MEMO_BYTES = 2 ** 24

function search(operations: KeyOperations, evicts: boolean): boolean {
  const searching = new Search(operations, evicts, MEMO_BYTES)
  // In slices of any size it comes to the same.
  for (let slice = 1; searching.state === 'running'; slice++) searching.run(slice)
  expect(searching.state).not.toBe('exhausted')
  return searching.state === 'linearizable'
}

function drawOptions(random: Random, isPlain: boolean): DrawOptions {
  const moments = 2 + random.nextBelow(14)
  return {
    count: 1 + random.nextBelow(7),
    isPlain,
    evicts: !isPlain && random.nextBelow(4) === 0,
    moments,
    lengthMax: random.nextBelow(moments),
    hasVersions: !isPlain && random.nextBelow(2) === 0,
  }
}

/** Both checkers' verdicts, which must be the one expected. */
function expectVerdict(history: readonly PlainOperation[], options: DrawOptions, expected: boolean): void {
  const operations = keyOperationsOf(history)
  const said = { search: search(operations, options.evicts) }
  expect({ history, ...options, ...said }).toMatchObject({ search: expected })
  // Zones do not look at versions; a search does.
  if (options.hasVersions || !isForZoneTest(operations, options.evicts)) return
  expect({ history, zones: zoneTest(operations) === undefined }).toMatchObject({ zones: expected })
}

describe.each([
  ['reads and unique writes', true],
  ['all kinds', false],
])('histories of %s', (_, isPlain) => {
  it('are judged as every order judges them', { timeout: 60_000 }, () => {
    const random = seededRandom(seedOf())
    const counts = { good: 0, bad: 0 }
    for (let round = 0; round < HISTORIES; round++) {
      const options = drawOptions(random, isPlain)
      const base = random.nextBelow(3) === 0 ? drawNonsense(random, options) : simulate(random, options)
      const history = random.nextBelow(2) === 0 ? mutate(random, base, options) : base
      const expected = isLinearizable(history, options.evicts)
      counts[expected ? 'good' : 'bad']++
      expectVerdict(history, options, expected)
    }
    expect(Math.min(counts.good, counts.bad)).toBeGreaterThan(HISTORIES / 10)
  })

  it('pass when a linearizable record made them', { timeout: 60_000 }, () => {
    const random = seededRandom(seedOf())
    for (let round = 0; round < HISTORIES / 4; round++) {
      const options = { ...drawOptions(random, isPlain), count: 1 + random.nextBelow(60), moments: 200, lengthMax: 20 }
      const history = simulate(random, options)
      expectVerdict(history, options, true)
      expect({ history, found: versionCheck(keyOperationsOf(history)) }).toMatchObject({ found: undefined })
    }
  })

  it('stay broken when they are made smaller, and lose nothing more then', { timeout: 60_000 }, () => {
    const random = seededRandom(seedOf())
    for (let round = 0; round < HISTORIES / 10; round++) {
      const options = { ...drawOptions(random, isPlain), count: 2 + random.nextBelow(20), moments: 40, lengthMax: 8 }
      const operations = keyOperationsOf(mutate(random, simulate(random, options), options))
      const isBroken = (each: KeyOperations): boolean => !search(each, options.evicts)
      if (!isBroken(operations)) continue
      const steps = smallestBroken(operations, options.evicts, isBroken, () => false)
      let step = steps.next()
      while (step.done !== true) step = steps.next()
      step.value.checkInvariants()
      expect(isBroken(step.value)).toBe(true)
      expect(step.value.count).toBeLessThanOrEqual(operations.count)
    }
  })
})

it('versions are judged as every pair judges them', () => {
  const random = seededRandom(seedOf())
  let bad = 0
  for (let round = 0; round < HISTORIES; round++) {
    const options = { ...drawOptions(random, false), hasVersions: true }
    const base = random.nextBelow(2) === 0 ? drawNonsense(random, options) : simulate(random, options)
    const history = mutate(random, base, options)
    const operations = keyOperationsOf(history)
    const expected = hasNoBadPair(operations)
    if (!expected) bad++
    expect({ history, ok: versionCheck(operations) === undefined }).toMatchObject({ ok: expected })
  }
  expect(bad).toBeGreaterThan(HISTORIES / 50)
})

/** The rules of versions by their words, over all pairs. Two are of one life of the store unless a wipe may lie between. */
function hasNoBadPair(operations: KeyOperations): boolean {
  const all = Array.from({ length: operations.count }, (_, index) => ({
    kind: operations.kinds[index] as number,
    isDone: operations.statuses[index] === 1,
    from: operations.invokedNs[index] as number,
    to: operations.returnedNs[index] as number,
    version: operations.statuses[index] === 3 ? 0n : operations.versionOf(index),
    value: operations.valueOf(index),
  }))
  const wipes = all.filter(({ kind }) => kind === 8)
  const told = all.filter(({ kind, version, ...each }) => {
    const isCut = wipes.some((wipe) => wipe.from <= each.to && wipe.to >= each.from)
    return kind !== 8 && version !== 0n && !isCut
  })
  return told.every((a) =>
    told.every((b) => {
      if (a === b) return true
      const isParted = wipes.some((wipe) => wipe.from > Math.min(a.to, b.to) && wipe.to < Math.max(a.from, b.from))
      if (isParted) return true
      const makesA = a.isDone && a.kind !== 1
      const makesB = b.isDone && b.kind !== 1
      if (makesA && makesB && a.version === b.version) return false
      const areValues = [a, b].every(({ isDone, kind }) => isDone && kind !== 3 && kind !== 7)
      if (areValues && a.version === b.version && a.value !== b.value) return false
      if (a.to >= b.from) return true
      return makesB ? b.version > a.version : b.version >= a.version
    }),
  )
}
