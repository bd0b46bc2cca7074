// The door `sluice/server`: a store that speaks Sluice's protocol, over TCP with a thread per processor (`startServer`)
// or in the calling thread without sockets (`createLocalServer`). This folder knows no client.

export type { Topology } from '../cluster/topology.ts'
export { SluiceError } from '../util/errors.ts'
export { type AdminListener, type AdminListenerOptions, openAdminListener } from './admin-listener.ts'
export type { AdminTarget, Readiness } from './admin-target.ts'
export type { EventLoopDelay } from './event-loop-delay.ts'
export type { HotKey } from './hot-keys.ts'
export { SERVER_LIMITS, type ServerLimits } from './limits.ts'
export { createLocalServer, type LocalServer, type LocalServerOptions } from './local-server.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export type { NodeIdentity } from './node-identity.ts'
export type { ServerOptions } from './options.ts'
export { startServer } from './server.ts'
export type { Server } from './supervisor.ts'
export type { ShardFigures, ShardStats, ThreadStats } from './thread-stats.ts'
