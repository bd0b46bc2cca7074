// `sluice serve`: a server in the foreground, until a signal ends it.

import { Command } from 'commander'
import type { Logger, ServerOptions } from '../server/index.ts'
import { byteCount, wholeNumber } from './numbers.ts'

const PORT_DEFAULT = 7070

interface ServeArguments {
  readonly host: string
  readonly port: number
  readonly advertisedHost?: string
  readonly threads?: number
  readonly memory?: number
  readonly allowRemoteClients?: boolean
}

/** The subcommand. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs a server until SIGTERM or SIGINT, which let it answer what it has received.')
    .option('--host <address>', 'interface to listen on', '127.0.0.1')
    .option('--port <number>', 'public port, 0 for a free one', wholeNumber, PORT_DEFAULT)
    .option('--advertised-host <name>', 'host that clients are told to connect to (default: --host)')
    .option('--threads <count>', 'shard threads (default: one for each core)', wholeNumber)
    .option(
      '--memory <bytes>',
      'most memory for records of each shard thread, such as 512M (default: a share of half the machine)',
      byteCount,
    )
    .option('--allow-remote-clients', 'serve clients of other machines too; there are no passwords')
    .allowExcessArguments(false)
    .action(serve)
}

async function serve(given: ServeArguments): Promise<void> {
  const { startServer } = await import('../server/index.ts')
  const server = await startServer(serverOptions(given))
  console.log(`sluice is listening on ${server.address}, ${server.topology.shards.length} shard threads`)
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
  const { host, port, advertisedHost, threads, memory, allowRemoteClients } = given
  return {
    host,
    port,
    logger: stderrLogger,
    ...(advertisedHost !== undefined && { advertisedHost }),
    ...(threads !== undefined && { threads }),
    ...(memory !== undefined && { memoryBytesMax: memory }),
    ...(allowRemoteClients !== undefined && { allowRemoteClients }),
  }
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
