// Seeded random numbers and what is made of them. The same seed gives the same figure again.

import { seededRandom } from '../../dist/util/random.js'

export { seededRandom }

/**
 * The numbers [0, count) in random order.
 * @param {number} count
 * @param {number} seed
 */
export function shuffled(count, seed) {
  const random = seededRandom(seed)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let index = count - 1; index > 0; index--) {
    const other = random.nextBelow(index + 1)
    const held = order[index]
    order[index] = order[other]
    order[other] = held
  }
  return order
}

/**
 * Random bytes.
 * @param {number} count
 * @param {number} seed
 */
export function randomBytes(count, seed) {
  const bytes = new Uint8Array(count)
  seededRandom(seed).fillBytes(bytes)
  return bytes
}
