// Sequences of requests for objects, as numbers: popular ones by a Zipf law, and scans of objects that nobody asks for
// again.

import { seededRandom } from './random.mjs'

/**
 * @typedef {{ ids: Uint32Array, objects: number, idsEnd: number }} Trace
 *   below `objects` lie the popular objects, the most frequent first; from there to `idsEnd` those of scans
 */

/**
 * Draws a trace. Scans come in runs of `scanRun` requests and make up `scanShare` of all requests.
 * @param {{ objects: number, theta: number, scanShare: number, scanRun: number, requests: number, seed: number }}
 * options @returns {Trace}
 */
export function drawTrace({ objects, theta, scanShare, scanRun, requests, seed }) {
  const random = seededRandom(seed)
  const popular = new WeightedDraw(Float64Array.from({ length: objects }, (_, rank) => (rank + 1) ** -theta))
  const ids = new Uint32Array(requests)
  // So that runs begin after a popular request often enough for the share.
  const beginShare = scanShare / (scanRun * (1 - scanShare))
  let idsEnd = objects
  for (let at = 0; at < requests; ) {
    ids[at++] = popular.next(random)
    if (random.nextFloat() >= beginShare) continue
    for (let left = scanRun; left > 0 && at < requests; left--) ids[at++] = idsEnd++
  }
  return { ids, objects, idsEnd }
}

/** Draws indexes with given weights in constant time, exactly (Walker's alias method, as Vose builds it). */
class WeightedDraw {
  #thresholds
  #aliases

  /** @param {Float64Array} weights */
  constructor(weights) {
    const count = weights.length
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / count
    this.#thresholds = weights.map((weight) => weight / mean)
    this.#aliases = new Uint32Array(count)
    /** @type {number[]} */
    const small = []
    /** @type {number[]} */
    const large = []
    for (let index = 0; index < count; index++) (this.#thresholds[index] < 1 ? small : large).push(index)
    while (small.length > 0 && large.length > 0) {
      const [less, more] = [small.pop() ?? 0, large.pop() ?? 0]
      this.#aliases[less] = more
      this.#thresholds[more] -= 1 - this.#thresholds[less]
      ;(this.#thresholds[more] < 1 ? small : large).push(more)
    }
    // What is left differs from 1 by rounding alone.
    for (const index of [...small, ...large]) this.#thresholds[index] = 1
  }

  /** @param {import('../../dist/util/random.js').Random} random */
  next(random) {
    const index = random.nextBelow(this.#thresholds.length)
    return random.nextFloat() < this.#thresholds[index] ? index : this.#aliases[index]
  }
}
