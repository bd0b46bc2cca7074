// A long random run of the engine against its oracle, all features on.
//
//   npm run soak -- [--seed N] [--seconds S] [--canary STEP]
//
// Prints the seed first and a line for each round, whose seed is one more than that of the round before. When something
// differs it ends with status 1, naming seed and step: `--seed` with that seed repeats the round. `--canary` breaks the
// oracle after a step of each round, to see that it would be noticed.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startVitest } from 'vitest/node'

const SECONDS_DEFAULT = 60

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string' }, canary: { type: 'string' } },
})
const seed = wholeNumber('seed', values.seed ?? `${randomInt(2 ** 31)}`)
const seconds = wholeNumber('seconds', values.seconds ?? `${SECONDS_DEFAULT}`)
const canary = values.canary === undefined ? -1 : wholeNumber('canary', values.canary)
console.log(`seed ${seed}`)
const vitest = await startVitest('test', [], {
  watch: false,
  include: ['test/soak/*-soak.ts'],
  testTimeout: 0,
  disableConsoleIntercept: true,
  env: { SLUICE_SOAK_SEED: `${seed}`, SLUICE_SOAK_SECONDS: `${seconds}`, SLUICE_SOAK_CANARY: `${canary}` },
})
await vitest.close()

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}`)
  return Number(text)
}
