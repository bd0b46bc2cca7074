import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KIND_READ, KIND_UPDATE, KINDS } from '../workload/kinds.ts'
import { LATENCY_FIELDS, Latencies } from './latencies.ts'

/** A bucket is this much wider than its lower bound at most. */
const BUCKET_PART = 1 / 64
/** What is shorter or longer counts as these. */
const LEAST_NS = 2 ** 7
const MOST_NS = 2 ** 37

const SHARES = [0, 0.001, 0.5, 0.95, 0.99, 0.999, 1]

interface Recorded {
  readonly kind: number
  readonly ns: number
  readonly count: number
}

const duration = fc.oneof(
  fc.double({ min: 0, max: 2e11, noNaN: true }),
  // As many short ones as long ones.
  fc.double({ min: 0, max: 40, noNaN: true }).map((exponent) => 2 ** exponent),
  fc.nat({ max: 40 }).map((exponent) => 2 ** exponent),
)
const recorded: fc.Arbitrary<Recorded[]> = fc.array(
  fc.record({ kind: fc.nat({ max: KINDS.length - 1 }), ns: duration, count: fc.integer({ min: 1, max: 20 }) }),
  { maxLength: 60 },
)

function latenciesOf(records: readonly Recorded[]): Latencies {
  const latencies = new Latencies()
  for (const { kind, ns, count } of records) latencies.record(kind, ns, count)
  return latencies
}

/** Each operation's latency, sorted. */
function sortedOf(records: readonly Recorded[], kind?: number): number[] {
  const chosen = records.filter((each) => kind === undefined || each.kind === kind)
  return chosen.flatMap(({ ns, count }) => Array<number>(count).fill(ns)).sort((left, right) => left - right)
}

function expectSame(latencies: Latencies, records: readonly Recorded[]): void {
  for (const kind of [undefined, ...KINDS.map(({ code }) => code)]) {
    const sorted = sortedOf(records, kind)
    expect(latencies.count(kind)).toBe(sorted.length)
    for (const share of SHARES) {
      const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1]
      const measured = latencies.percentileNs(share, kind)
      if (exact === undefined) {
        expect(measured).toBeUndefined()
        continue
      }
      const counted = Math.min(MOST_NS, Math.max(LEAST_NS, exact))
      expect(measured).toBeGreaterThanOrEqual(counted)
      expect(measured).toBeLessThanOrEqual(counted * (1 + BUCKET_PART))
    }
  }
}

describe('latencies', () => {
  it('are those of a sorted list, of each kind and of all, to the width of a bucket', () => {
    fc.assert(fc.property(recorded, (records) => expectSame(latenciesOf(records), records)))
  })

  it('of several clients add up', () => {
    fc.assert(
      fc.property(recorded, recorded, (first, second) => {
        const sum = latenciesOf(first)
        sum.add(latenciesOf(second))
        expectSame(sum, [...first, ...second])
      }),
    )
  })

  it('since a moment are those that were recorded after it', () => {
    fc.assert(
      fc.property(recorded, recorded, (before, after) => {
        const latencies = latenciesOf(before)
        const then = latencies.copy()
        for (const { kind, ns, count } of after) latencies.record(kind, ns, count)
        expectSame(latencies.since(then), after)
        expectSame(then, before)
        expectSame(latencies, [...before, ...after])
      }),
    )
  })

  it('lie in memory that others read', () => {
    const memory = new SharedArrayBuffer(LATENCY_FIELDS * Float64Array.BYTES_PER_ELEMENT)
    const writer = new Latencies(new Float64Array(memory))
    const reader = new Latencies(new Float64Array(memory))
    writer.record(KIND_READ, 1_000, 3)
    expect([reader.count(), reader.count(KIND_READ), reader.count(KIND_UPDATE)]).toEqual([3, 3, 0])
  })

  it.each([
    [-1, LEAST_NS],
    [0, LEAST_NS],
    [1e300, MOST_NS],
    [Number.POSITIVE_INFINITY, MOST_NS],
  ])('of %d ns count as %d', (ns, counted) => {
    const latencies = new Latencies()
    latencies.record(KIND_READ, ns, 1)
    expect(latencies.count()).toBe(1)
    expect(latencies.percentileNs(1)).toBeGreaterThanOrEqual(counted)
    expect(latencies.percentileNs(1)).toBeLessThanOrEqual(counted * (1 + BUCKET_PART))
  })

  it('need a place for every kind', () => {
    expect(() => new Latencies(new Float64Array(LATENCY_FIELDS - 1))).toThrow('every kind has its buckets')
  })
})
