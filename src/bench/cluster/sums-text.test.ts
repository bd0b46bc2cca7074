import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ClientSums } from '../load/client-counters.ts'
import { LATENCY_FIELDS, Latencies } from '../load/latencies.ts'
import { KIND_END } from '../workload/kinds.ts'
import { latenciesOf, receivedSums, sentSums, sparseLatencies } from './sums-text.ts'

const record = fc.tuple(
  fc.nat({ max: KIND_END - 1 }),
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.integer({ min: 1, max: 1e9 }),
)

it('sums arrive as they were sent, as JSON', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 50 }), (records) => {
      const latencies = new Latencies()
      for (const [kind, durationNs, count] of records) latencies.record(kind, durationNs, count)
      const sums: ClientSums = { checked: 7, mismatches: 1, bytesSent: 2, bytesReceived: 2 ** 45, latencies }
      const received = receivedSums(JSON.parse(JSON.stringify(sentSums(sums))))
      expect({ ...received, latencies: sparseLatencies(received.latencies) }).toEqual(sentSums(sums))
      for (const share of [0.5, 0.99, 1]) {
        for (const kind of [undefined, 0, KIND_END - 1]) {
          expect(received.latencies.percentileNs(share, kind)).toBe(latencies.percentileNs(share, kind))
        }
      }
      expect(received.latencies.count()).toBe(latencies.count())
    }),
  )
})

it('latencies are short when few differ, and the last place is one of them', () => {
  expect(sparseLatencies(new Latencies())).toEqual([])
  const counts = new Float64Array(LATENCY_FIELDS)
  counts[0] = 3
  counts[LATENCY_FIELDS - 1] = 5
  expect(sparseLatencies(new Latencies(counts))).toEqual([1, 3, LATENCY_FIELDS - 1, 5])
  expect(latenciesOf([1, 3, LATENCY_FIELDS - 1, 5]).count()).toBe(8)
})

it.each([[[0, 1]], [[LATENCY_FIELDS + 1, 1]], [[Number.NaN, 1]]])('latencies at %j are refused', (sparse) => {
  expect(() => latenciesOf(sparse)).toThrow('there is no latency')
})
