// Every random test takes its seed from SLUICE_SEED when it is set, and prints the one it used when it fails.

import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { onTestFailed } from 'vitest'

const SEED_END = 2 ** 31

const given = process.env.SLUICE_SEED
if (given !== undefined) {
  const number = Number(given)
  if (!Number.isInteger(number)) throw new Error(`SLUICE_SEED must be a whole number, not ${given}`)
  fc.configureGlobal({ seed: number })
}

/** The seed of a test that draws by itself, to be called inside it: the given one, or a new one. */
export function seedOf(): number {
  const seed = given === undefined ? randomInt(SEED_END) : Number(given)
  onTestFailed(() => console.error(`SLUICE_SEED=${seed} repeats this test`))
  return seed
}
