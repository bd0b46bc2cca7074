// `sluice serve`: a server in the foreground, until a signal ends it.

import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import { EVICTION_POLICIES, type EvictionPolicy, MEMORY_BYTES_MAX } from '../engine/index.ts'
import type { Logger, ServerOptions } from '../server/index.ts'
import { SluiceError } from '../util/errors.ts'
import { readAdminToken } from './admin-token.ts'
import { byteCount, wholeNumber } from './numbers.ts'

const PORT_DEFAULT = 7070

/** What the memory of one shard can be. */
const SHARD_BYTES_MIN = 1024 * 1024
interface ServeArguments {
  readonly host: string
  readonly port: number
  readonly advertisedHost?: string
  readonly threads?: number
  readonly memory?: number
  readonly eviction: EvictionPolicy
  readonly allowRemoteClients?: boolean
  readonly adminPort?: number
  readonly adminBind?: string
  readonly adminTokenFile?: string
}

/** The subcommand. */
export function serveCommand(version: string): Command {
  return new Command('serve')
    .description('Runs a server until SIGTERM or SIGINT, which let it answer what it has received.')
    .option('--host <address>', 'interface to listen on', '127.0.0.1')
    .option('--port <number>', 'public port, 0 for a free one', wholeNumber, PORT_DEFAULT)
    .option('--advertised-host <name>', 'host that clients are told to connect to (default: --host)')
    .option('--threads <count>', 'shard threads (default: one for each core)', wholeNumber)
    .option('--memory <bytes>', 'most memory for all records, such as 8G (default: half of the machine)', byteCount)
    .addOption(
      new Option('--eviction <policy>', 'which records make room when memory is exhausted')
        .choices(EVICTION_POLICIES)
        .default('none'),
    )
    .option('--allow-remote-clients', 'serve clients of other machines too; there are no passwords')
    .option('--admin-port <number>', 'port for metrics and administration over HTTP (default: none)', wholeNumber)
    .option('--admin-bind <address>', 'interface of the admin port (default: 127.0.0.1)')
    .option('--admin-token-file <file>', 'file with the admin token (default: SLUICE_ADMIN_TOKEN, or none)')
    .allowExcessArguments(false)
    .action((given: ServeArguments) => serve(given, version))
}

async function serve(given: ServeArguments, version: string): Promise<void> {
  const [{ startServer }, { openAdmin }] = await Promise.all([import('../server/index.ts'), import('./serve-admin.ts')])
  const token = given.adminPort === undefined ? undefined : readAdminToken(given.adminTokenFile)
  const server = await startServer(serverOptions(given))
  const adminSettings = { port: given.adminPort, bind: given.adminBind, token, version, logger: stderrLogger }
  const admin = await openAdmin(server, adminSettings)
  const threads = server.topology.nodes[0]?.ports.length ?? 0
  console.log(`sluice is listening on ${server.address} with ${threads} shard thread${threads === 1 ? '' : 's'}`)
  if (admin !== undefined) console.log(`metrics and administration: ${admin.url}`)
  console.log('connect to it from JavaScript:')
  console.log(`  import { connect } from 'sluice'`)
  console.log(`  const client = await connect('${server.address}')`)

  const stop = (): void => {
    // A second signal ends the process at once.
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
    void server.close()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  await server.closed
}

function serverOptions(given: ServeArguments): ServerOptions {
  const { host, port, advertisedHost, threads, memory, eviction, allowRemoteClients } = given
  return {
    host,
    port,
    eviction,
    logger: stderrLogger,
    ...(advertisedHost !== undefined && { advertisedHost }),
    ...(threads !== undefined && { threads }),
    ...(memory !== undefined && shareMemory(memory, threads ?? availableParallelism())),
    ...(allowRemoteClients !== undefined && { allowRemoteClients }),
  }
}

/** Equal parts for all shards, of which each thread has as many as it takes to reach its part of the memory. */
export function shareMemory(bytes: number, threads: number): { shardsPerThread: number; memoryBytesMax: number } {
  const shardsPerThread = Math.max(1, Math.ceil(bytes / threads / MEMORY_BYTES_MAX))
  const memoryBytesMax = Math.floor(bytes / threads / shardsPerThread)
  if (memoryBytesMax >= SHARD_BYTES_MIN) return { shardsPerThread, memoryBytesMax }
  throw new SluiceError('INVALID_ARGUMENT', `--memory is too little: each of the ${threads} shard threads needs 1M`)
}

/** One JSON object a line, apart from what a person reads. */
const stderrLogger: Logger = {
  info: (fields, message) => writeLog('info', fields, message),
  warn: (fields, message) => writeLog('warn', fields, message),
  error: (fields, message) => writeLog('error', fields, message),
}

function writeLog(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
  console.error(JSON.stringify({ level, message, ...fields }))
}
