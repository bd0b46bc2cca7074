// The child process of the figure `embedded`: one store, garbage collection watched while it is loaded and used. Sends
// what it saw to its parent.

import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { check } from './check.mjs'
import { drawOperations } from './draws.mjs'
import { SYSTEMS } from './embedded-systems.mjs'
import { keyText } from './keys.mjs'
import { loadOrder, STAMP_AT, values } from './records.mjs'

/**
 * @typedef {{ seconds: number, gcMs: number, longestMs: number }} Phase
 * @typedef {{ system: string, phases: Record<'load' | 'run', Phase>, memory: NodeJS.MemoryUsage }} Pauses
 */

/** Operations between two turns of the event loop, in which collections are reported. */
const TURN_OPERATIONS = 20_000

const [name = '', recordsText, operationsText, thetaText] = process.argv.slice(2)
const records = Number(recordsText)
const system = SYSTEMS[name](records)

let gcMs = 0
let longestMs = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    gcMs += duration
    longestMs = Math.max(longestMs, duration)
  }
}).observe({ entryTypes: ['gc'] })

const order = loadOrder(records)
const load = await watch(records, (start, end) => {
  system.inBulk(() => {
    for (let at = start; at < end; at++) system.set(keyText(order[at]), Buffer.from(values.value(order[at])))
  })
})

const count = Number(operationsText)
const { ids, isRead } = drawOperations({ records, theta: Number(thetaText), readShare: 0.95, count })
const run = await watch(count, (start, end) => {
  for (let at = start; at < end; at++) {
    const [id, key] = [ids[at], keyText(ids[at])]
    if (isRead[at] === 0) system.set(key, Buffer.from(values.value(id)))
    else check(system.get(key)?.[STAMP_AT] === values.value(id)[STAMP_AT], `record ${id} has another value`)
  }
})

/** @type {Pauses} */
const pauses = { system: system.name, phases: { load, run }, memory: process.memoryUsage() }
await system.close()
process.send?.(pauses)
process.disconnect?.()

/**
 * Does the work in pieces and says what it took.
 * @param {number} total
 * @param {(start: number, end: number) => void} work
 * @returns {Promise<Phase>}
 */
async function watch(total, work) {
  await turn()
  gcMs = 0
  longestMs = 0
  const begin = performance.now()
  for (let start = 0; start < total; start += TURN_OPERATIONS) {
    work(start, Math.min(total, start + TURN_OPERATIONS))
    await turn()
  }
  const seconds = (performance.now() - begin) / 1000
  await turn()
  return { seconds, gcMs, longestMs }
}
