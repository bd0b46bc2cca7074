// Redis, and Valkey, which has gone on from it: in memory alone, with the defaults that they come with otherwise.

import { readVersion, startOnFreePort } from './server-process.ts'
import { resolveSystemOptions, type System, type SystemOptions } from './system.ts'

/** Bytes of the largest argument that the server takes unless it is told another limit. */
const VALUE_BYTES_MAX_DEFAULT = 512 * 1_024 * 1_024

/** The program, and Debian's package of the same name. */
export type RedisProgram = 'redis-server' | 'valkey-server'

/**
 * Starts one on a free port, without persistence, configuration file or limit of memory. More than one thread means
 * threads for sockets: commands are executed by one in any case.
 */
export async function startRedis(options: SystemOptions = {}, program: RedisProgram = 'redis-server'): Promise<System> {
  const { threads, valueBytesMax } = resolveSystemOptions(options)
  const version = await readVersion(program, ['--version'], /\bv=(\S+)/, program)
  const args = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no']
  if (threads > 1) args.push('--io-threads', `${threads}`, '--io-threads-do-reads', 'yes')
  if (valueBytesMax > VALUE_BYTES_MAX_DEFAULT) args.push('--proto-max-bulk-len', `${valueBytesMax}`)
  return startOnFreePort((port) => ({
    name: program,
    version,
    path: program,
    args: ['--port', `${port}`, ...args],
    serverThreads: threads,
    address: `127.0.0.1:${port}`,
  }))
}
