// What `sluice serve` starts: the options of the server and of its admin listener, made from the settings and checked
// before anything runs or listens: by the same functions as `startServer` and `openAdminListener` check them, whose names
// of options are translated here.

import { checkAdminOptions } from '../server/admin-listener.ts'
import type { AdminListenerOptions, Logger, ServerOptions } from '../server/index.ts'
import { NODE_ID_DEFAULT, resolveServerOptions, type ServerTlsOptions } from '../server/options.ts'
import { SluiceError } from '../util/errors.ts'
import { readAdminToken } from './admin-token.ts'
import { readText, readTopology } from './input-files.ts'
import { MS_PER_SECOND, type ServeSettings } from './serve-settings.ts'

/** The public port unless told otherwise. */
const PORT_DEFAULT = 7070

/** The settings of options that are called otherwise. */
const SERVER_SETTINGS = {
  nodeId: 'node',
  memoryBytesMax: 'memory',
  password: 'passwordFile',
  'tls.cert': 'tlsCert',
  'tls.key': 'tlsKey',
  'tls.ca': 'tlsCa',
} as const
const ADMIN_SETTINGS = { bind: 'adminBind', port: 'adminPort', token: 'adminTokenFile' } as const

/** The server that the settings describe, with everything read that they name. `password` is the environment's. */
export function serverOptions(settings: ServeSettings, password: string | undefined, logger: Logger): ServerOptions {
  const { bind, port, directPorts, advertise, node, threads, shards, memory, eviction } = settings.values
  const { allowRemoteClients, drainSeconds, limits } = settings.values
  const secret = settings.contentOf('passwordFile', readText)?.replace(/\r?\n$/, '') ?? password
  const topology = settings.contentOf('topology', readTopology)
  const tls = tlsOptions(settings)
  const options = {
    logger,
    ...(bind !== undefined && { bind }),
    ...(topology === undefined ? { port: port ?? PORT_DEFAULT } : port !== undefined && { port }),
    ...(directPorts !== undefined && { directPorts }),
    ...(advertise !== undefined && { advertise }),
    ...(node !== undefined && { nodeId: node }),
    ...(topology !== undefined && { topology }),
    ...(threads !== undefined && { threads }),
    ...(shards !== undefined && { shards }),
    ...(memory !== undefined && { memoryBytesMax: memory }),
    ...(eviction !== undefined && { eviction }),
    ...(secret !== undefined && { password: secret }),
    ...(tls !== undefined && { tls }),
    ...(allowRemoteClients !== undefined && { allowRemoteClients }),
    ...(drainSeconds !== undefined && { drainMs: Math.round(drainSeconds * MS_PER_SECOND) }),
    ...(limits !== undefined && { limits }),
  }
  settings.checkOptions(() => resolveServerOptions(options), SERVER_SETTINGS)
  return options
}

/** What the settings say of the admin listener; undefined when they want none. */
export function adminOptions(
  settings: ServeSettings,
  version: string,
  logger: Logger,
): Omit<AdminListenerOptions, 'target'> | undefined {
  const { adminPort: port, adminBind: bind, node: nodeId = NODE_ID_DEFAULT } = settings.values
  if (port === undefined && bind === undefined && settings.values.adminTokenFile === undefined) return undefined
  if (port === undefined) throw invalid(`${settings.nameOf('adminPort')} is required for an admin listener`)
  const token = settings.contentOf('adminTokenFile', readAdminToken) ?? readAdminToken(undefined)
  const options = {
    port,
    nodeId,
    version,
    logger,
    ...(bind !== undefined && { bind }),
    ...(token !== undefined && { token }),
  }
  settings.checkOptions(() => checkAdminOptions(options), ADMIN_SETTINGS)
  return options
}

function tlsOptions(settings: ServeSettings): ServerTlsOptions | undefined {
  const cert = settings.contentOf('tlsCert', readText)
  const key = settings.contentOf('tlsKey', readText)
  const ca = settings.contentOf('tlsCa', readText)
  if (cert !== undefined && key !== undefined) return { cert, key, ...(ca !== undefined && { ca }) }
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  const missing = cert === undefined ? 'tlsCert' : 'tlsKey'
  throw invalid(`${settings.nameOf(missing)} is required for TLS`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
