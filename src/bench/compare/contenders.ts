// The systems that a comparison can set side by side, and how each is driven. All get the same operations from the same
// generator, and the same checks.

import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { SluiceError } from '../../util/errors.ts'
import type { DriverSpec } from '../drivers/driver.ts'
import { startMemcached } from '../systems/memcached.ts'
import { startRedis } from '../systems/redis.ts'
import { startSluice } from '../systems/sluice.ts'
import type { ResolvedSystemOptions, System } from '../systems/system.ts'

/** A system, driven in one way. */
export interface Contender {
  readonly name: string
  /** Starts it on this machine. Undefined: it has no server. */
  readonly start: ((setup: ResolvedSystemOptions) => Promise<System>) | undefined
  /** How it is driven once it listens there. */
  readonly driverAt: (address: string, setup: ResolvedSystemOptions) => DriverSpec
}

/** Every contender; the one that the others are measured against is the first that is given. */
const CONTENDERS: readonly Contender[] = [
  { name: 'sluice', start: startSluice, driverAt: (address) => ({ kind: 'sluice-batch', addresses: [address] }) },
  {
    name: 'sluice-promises',
    start: startSluice,
    driverAt: (address) => ({ kind: 'sluice-promises', addresses: [address] }),
  },
  {
    name: 'sluice-embedded',
    start: undefined,
    // One engine, however many threads the others serve with.
    driverAt: (_, setup) => ({
      kind: 'sluice-embedded',
      memoryBytesMax: Math.min(setup.memoryBytesMax, MEMORY_BYTES_MAX),
    }),
  },
  {
    name: 'redis',
    start: (setup) => startRedis(setup, 'redis-server'),
    driverAt: (address) => ({ kind: 'resp', address }),
  },
  {
    name: 'valkey',
    start: (setup) => startRedis(setup, 'valkey-server'),
    driverAt: (address) => ({ kind: 'resp', address }),
  },
  // By its meta commands: each get of the text protocol is answered with a system call of its own, however many come at
  // once.
  { name: 'memcached', start: startMemcached, driverAt: (address) => ({ kind: 'memcached-meta', address }) },
  { name: 'memcached-text', start: startMemcached, driverAt: (address) => ({ kind: 'memcached-text', address }) },
]

/** The contenders of that list of names. Throws INVALID_ARGUMENT. */
export function contendersOf(names: string): readonly Contender[] {
  const given = names.split(',')
  if (new Set(given).size < given.length) {
    throw new SluiceError('INVALID_ARGUMENT', `--systems names one twice: ${names}`)
  }
  return given.map((name) => {
    const found = CONTENDERS.find((each) => each.name === name)
    if (found !== undefined) return found
    const known = CONTENDERS.map((each) => each.name).join(', ')
    throw new SluiceError('INVALID_ARGUMENT', `--systems are of ${known}, not ${name}`)
  })
}
