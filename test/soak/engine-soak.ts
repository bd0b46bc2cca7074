// `npm run soak`: rounds of random operations against the oracle until the time is over. The first round's seed and the
// time come from scripts/soak.mjs.

import { expect, it } from 'vitest'
import { soakRound } from '../support/engine-soak.ts'

/** Steps of a round: then another engine, with another secret. */
const ROUND_STEPS = 400

it('holds', () => {
  const first = Number(process.env.SLUICE_SOAK_SEED)
  const endMs = performance.now() + Number(process.env.SLUICE_SOAK_SECONDS) * 1_000
  const canaryStep = Number(process.env.SLUICE_SOAK_CANARY)
  let round = 0
  do {
    const seed = (first + round) >>> 0
    const { profile, seen } = soakRound(seed, ROUND_STEPS, () => performance.now() > endMs, canaryStep)
    const counts = Object.entries(seen).map(([name, count]) => `${name} ${count}`)
    process.stdout.write(`round ${round} seed ${seed} (${profile}): ${counts.join(', ')}\n`)
    round++
  } while (performance.now() < endMs)
  expect(round).toBeGreaterThan(0)
})
