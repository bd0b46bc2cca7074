import { expect, it } from 'vitest'
import { KIND_READ, KIND_UPDATE } from '../workload/kinds.ts'
import { ClientCounters, counterMemory, sumCounters, sumsSince } from './client-counters.ts'

it('what one thread puts another one reads', () => {
  const memory = counterMemory()
  const writer = new ClientCounters(memory)
  const reader = new ClientCounters(memory)
  expect(reader).toMatchObject({ checked: 0, mismatches: 0, bytesSent: 0, bytesReceived: 0 })
  expect(reader.latencies.count()).toBe(0)
  writer.put(1, 2, 3, 2 ** 40)
  writer.latencies.record(KIND_READ, 1_000, 7)
  expect(reader).toMatchObject({ checked: 1, mismatches: 2, bytesSent: 3, bytesReceived: 2 ** 40 })
  expect(reader.latencies.count(KIND_READ)).toBe(7)
  writer.put(11, 12, 13, 14)
  expect(reader).toMatchObject({ checked: 11, mismatches: 12, bytesSent: 13, bytesReceived: 14 })
})

it('memory of another size is refused', () => {
  expect(() => new ClientCounters(new SharedArrayBuffer(64))).toThrow('memory for one client')
})

it('sums are those of all clients at that moment, and differences those of the time between', () => {
  const clients = [new ClientCounters(counterMemory()), new ClientCounters(counterMemory())]
  const [first, second] = clients
  first?.put(100, 1, 10, 20)
  first?.latencies.record(KIND_READ, 1_000, 100)
  second?.put(200, 2, 30, 40)
  const before = sumCounters(clients)
  expect(before).toMatchObject({ checked: 300, mismatches: 3, bytesSent: 40, bytesReceived: 60 })

  second?.put(250, 3, 31, 42)
  second?.latencies.record(KIND_UPDATE, 5_000, 50)
  expect([before.checked, before.latencies.count()]).toEqual([300, 100])
  const since = sumsSince(sumCounters(clients), before)
  expect(since).toMatchObject({ checked: 50, mismatches: 1, bytesSent: 1, bytesReceived: 2 })
  expect([since.latencies.count(), since.latencies.count(KIND_UPDATE)]).toEqual([50, 50])
})

it('no clients have done nothing', () => {
  expect(sumCounters([])).toMatchObject({ checked: 0, mismatches: 0, bytesSent: 0, bytesReceived: 0 })
})
