// Memcached, over TCP alone, with its defaults otherwise: 1,024 connections, and at most 20 requests of one connection
// before it looks at the others.

import { SluiceError } from '../../util/errors.ts'
import { readVersion, startOnFreePort } from './server-process.ts'
import { resolveSystemOptions, type System, type SystemOptions } from './system.ts'

const MEBIBYTE = 1_024 * 1_024

/** The largest record, key and header included, unless it is told another limit. */
const ITEM_MEBIBYTES_DEFAULT = 1

/** Bytes of a record beside its value, at most: a key of 250, and the header. */
const ITEM_OVERHEAD_BYTES = 512

/** The largest limit that it takes; only some sizes between whole mebibytes are allowed. */
const ITEM_MEBIBYTES_MAX = 1_024

/** Starts one on a free port. As root it runs as `nobody`: it refuses to be root. */
export async function startMemcached(options: SystemOptions = {}): Promise<System> {
  const { threads, valueBytesMax, memoryBytesMax } = resolveSystemOptions(options)
  const version = await readVersion('memcached', ['-V'], /^memcached (\S+)/, 'memcached')
  const args = ['-l', '127.0.0.1', '-U', '0', '-t', `${threads}`]
  args.push('-m', `${Math.ceil(memoryBytesMax / MEBIBYTE)}`)
  const itemMebibytes = Math.ceil((valueBytesMax + ITEM_OVERHEAD_BYTES) / MEBIBYTE)
  if (itemMebibytes > ITEM_MEBIBYTES_MAX) {
    throw new SluiceError('INVALID_ARGUMENT', `memcached stores no values of ${valueBytesMax} bytes`)
  }
  if (itemMebibytes > ITEM_MEBIBYTES_DEFAULT) args.push('-I', `${itemMebibytes}m`)
  if (process.getuid?.() === 0) args.push('-u', 'nobody')
  return startOnFreePort((port) => ({
    name: 'memcached',
    version,
    path: 'memcached',
    args: ['-p', `${port}`, ...args],
    serverThreads: threads,
    address: `127.0.0.1:${port}`,
  }))
}
