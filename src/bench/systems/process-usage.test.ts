import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { UsageReader } from './process-usage.ts'

const BUSY_MS = 100
const NS_PER_MS = 1_000_000

const BUSY = `const end = performance.now() + ${BUSY_MS}; while (performance.now() < end) {}`

it('counts the CPU time of all threads, also of those that have ended since', async () => {
  const reader = new UsageReader([process.pid])
  const before = reader.read()
  const worker = new Worker(`${BUSY}; require('node:worker_threads').parentPort.once('message', () => {})`, {
    eval: true,
  })
  worker.postMessage('end')
  const during: number[] = []
  const timer = setInterval(() => during.push(reader.read().cpuNs), 5)
  await once(worker, 'exit')
  clearInterval(timer)
  const after = reader.read()
  // A busy machine gives the thread less than all of a core.
  expect(after.cpuNs - before.cpuNs).toBeGreaterThan(10 * NS_PER_MS)
  const readings = [before.cpuNs, ...during, after.cpuNs]
  expect(readings).toEqual(readings.toSorted((left, right) => left - right))
})

it('reads the resident memory', () => {
  const { rssBytes } = new UsageReader([process.pid]).read()
  const own = process.memoryUsage.rss()
  expect(rssBytes).toBeGreaterThan(own / 2)
  expect(rssBytes).toBeLessThan(own * 2)
})

it('gives nothing for a process that is not there', () => {
  expect(new UsageReader([2 ** 30]).read()).toEqual({ cpuNs: 0, rssBytes: 0 })
  expect(new UsageReader([]).read()).toEqual({ cpuNs: 0, rssBytes: 0 })
})
