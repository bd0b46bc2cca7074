// The door `sluice/server`: a store that speaks Sluice's protocol, over TCP with a thread per processor (`startServer`)
// or in the calling thread without sockets (`createLocalServer`). This folder knows no client.

export type { Topology } from '../cluster/topology.ts'
export { SluiceError } from '../util/errors.ts'
export { SERVER_LIMITS, type ServerLimits } from './limits.ts'
export { createLocalServer, type LocalServer, type LocalServerOptions } from './local-server.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export type { NodeIdentity } from './node-identity.ts'
export type { ServerOptions } from './options.ts'
export { startServer } from './server.ts'
export type { Server } from './supervisor.ts'
export type { ThreadStats } from './thread-stats.ts'
