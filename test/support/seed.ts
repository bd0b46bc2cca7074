// Every property test takes its seed from SLUICE_SEED when it is set, and prints the one it used when it fails.

import fc from 'fast-check'

const seed = process.env.SLUICE_SEED
if (seed !== undefined) {
  const number = Number(seed)
  if (!Number.isInteger(number)) throw new Error(`SLUICE_SEED must be a whole number, not ${seed}`)
  fc.configureGlobal({ seed: number })
}
