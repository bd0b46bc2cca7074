import type { ValueTable } from '../workload/values.ts'
import type { DriverClientOptions } from './counted-transport.ts'
import type { Driver, DriverSpec } from './driver.ts'

/** Opens the driver; what only another one needs is not loaded. Rejects when it cannot connect. */
export async function openDriver(spec: DriverSpec, values: ValueTable): Promise<Driver> {
  switch (spec.kind) {
    case 'sluice-batch': {
      const { SluiceBatchDriver } = await import('./sluice-batch.ts')
      return SluiceBatchDriver.open(spec.addresses, values, clientOptions(spec.password))
    }
    case 'sluice-promises': {
      const { SluicePromisesDriver } = await import('./sluice-promises.ts')
      return SluicePromisesDriver.open(spec.addresses, values, clientOptions(spec.password))
    }
    case 'resp': {
      const { RespDriver } = await import('./resp.ts')
      return RespDriver.open(spec.address, values)
    }
    case 'memcached-text':
    case 'memcached-meta': {
      const { MemcachedDriver } = await import('./memcached.ts')
      return MemcachedDriver.open(spec.address, values, spec.kind === 'memcached-text' ? 'text' : 'meta')
    }
    case 'sluice-embedded': {
      const { SluiceEmbeddedDriver } = await import('./sluice-embedded.ts')
      return new SluiceEmbeddedDriver(spec.memoryBytesMax, values)
    }
  }
}

function clientOptions(password: string | undefined): DriverClientOptions {
  return password === undefined ? {} : { password }
}
