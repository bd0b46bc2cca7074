// `sluice serve`: a server in the foreground, until a signal ends it.

import { Command } from 'commander'
import type { Topology } from '../cluster/topology.ts'
import { EVICTION_POLICIES } from '../engine/index.ts'
import type { AdminTarget, Server, ServerOptions } from '../server/index.ts'
import { SluiceError } from '../util/errors.ts'
import { readTopology } from './input-files.ts'
import { LOG_LEVELS, openLog } from './log.ts'
import { openAdmin } from './serve-admin.ts'
import { adminOptions, serverOptions } from './serve-options.ts'
import { readSettings } from './serve-settings.ts'

interface ServeArguments {
  /** File with settings. */
  readonly config?: string
  /** Settings as text, or true. */
  readonly [flag: string]: unknown
}

/** The subcommand. */
export function serveCommand(version: string): Command {
  return new Command('serve')
    .description('Runs a server until SIGTERM or SIGINT, which let it answer what it has received.')
    .option('--bind <address>', 'interface to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'public port, 0 for a free one (default: 7070)')
    .option('--direct-ports <from-to>', 'a port for each shard thread (default: free ones)')
    .option('--advertise <host>', 'host that clients are told to connect to (default: --bind)')
    .option('--threads <count>', 'shard threads (default: one for each core)')
    .option('--shards <count>', 'shards of the node (default: one for each thread, more if memory asks for it)')
    .option('--memory <bytes>', 'most memory for all records, such as 8G (default: half of the machine)')
    .option(
      '--eviction <policy>',
      `which records make room when memory is exhausted: ${EVICTION_POLICIES.join(', ')} (default: none)`,
    )
    .option('--topology <file>', 'the cluster that this node is a part of; read again at SIGHUP')
    .option('--node <id>', 'the name of this node in the topology (default: node-1)')
    .option('--password-file <file>', 'what clients have to know (default: SLUICE_PASSWORD of the environment, if any)')
    .option('--tls-cert <file>', 'certificate (PEM): every port speaks TLS and nothing else')
    .option('--tls-key <file>', 'its key (PEM)')
    .option('--tls-ca <file>', 'who signs the certificates (PEM) that clients have to show then')
    .option('--allow-remote-clients', 'serve clients of other machines without a password')
    .option('--admin-port <number>', 'port for metrics and administration over HTTP (default: none)')
    .option('--admin-bind <address>', 'interface of the admin port (default: 127.0.0.1)')
    .option('--admin-token-file <file>', 'file with the admin token (default: SLUICE_ADMIN_TOKEN, or none)')
    .option('--drain-seconds <number>', 'time for clients to finish when the server stops (default: 5)')
    .option('--log-level <level>', `how much is logged: ${LOG_LEVELS.join(', ')} (default: info)`)
    .option('--config <file>', 'settings as JSON, by the names of these options in camelCase; options go first')
    .allowExcessArguments(false)
    .action((given: ServeArguments) => serve(given, version))
}

async function serve({ config, ...flags }: ServeArguments, version: string): Promise<void> {
  const { startServer } = await import('../server/index.ts')
  const settings = readSettings(flags, config)
  const { topology: file, logLevel = 'info' } = settings.values
  const logger = openLog(logLevel)
  const options = serverOptions(settings, process.env.SLUICE_PASSWORD, logger)
  const admin = adminOptions(settings, version, logger)
  // A signal that comes early must not end the process: the file may have been read before it changed.
  let isReloadAsked = false
  const askReload = (): void => {
    isReloadAsked = true
  }
  process.on('SIGHUP', askReload)
  const server = await startServer(options)
  const reloadByAdmin: AdminTarget['reloadTopology'] =
    file === undefined ? undefined : ({ force }) => reloadTopology(server, file, force)
  const listener = admin && (await openAdmin(server, admin, reloadByAdmin))
  sayHello(server, options, listener?.url)
  const stop = (): void => {
    // A second signal ends the process at once.
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
    void server.close()
  }
  const reload = (): void => {
    reloadTopology(server, file, false).catch((error: unknown) => {
      logger.error({ error: error instanceof Error ? error.message : String(error) }, 'the topology was not reloaded')
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', reload)
  process.off('SIGHUP', askReload)
  if (isReloadAsked) reload()
  try {
    await server.closed
  } finally {
    process.off('SIGHUP', reload)
  }
}

/** Reads the topology again and puts it in force. Rejects with INVALID_ARGUMENT, and nothing changes then. */
async function reloadTopology(server: Server, file: string | undefined, force: boolean): Promise<Topology> {
  if (file === undefined) throw new SluiceError('INVALID_ARGUMENT', 'the server was started without --topology')
  await server.adoptTopology(readTopology(file), { force })
  return server.topology
}

function sayHello(server: Server, { password, tls }: ServerOptions, adminUrl: string | undefined): void {
  const threads = server.threadCount
  const url = `${tls === undefined ? '' : 'sluices://'}${server.address}`
  const secret = password === undefined ? '' : ', { password }'
  console.log(`sluice is listening on ${server.address} with ${threads} shard thread${threads === 1 ? '' : 's'}`)
  if (adminUrl !== undefined) console.log(`metrics and administration: ${adminUrl}`)
  console.log('connect to it from JavaScript:')
  console.log(`  import { connect } from 'sluice'`)
  console.log(`  const client = await connect('${url}'${secret})`)
}
