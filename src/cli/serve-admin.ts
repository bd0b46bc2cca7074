// The admin listener of `sluice serve`. It lives as long as the server: while it drains, `/ready` says so.

import { type AdminListener, type AdminTarget, openAdminListener, type Server } from '../server/index.ts'
import type { Logger } from '../server/logger.ts'

/** What the command line says of the admin listener. */
export interface AdminSettings {
  /** 0: a free one. Undefined: no listener. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`. */
  readonly bind?: string | undefined
  /** Required unless `bind` is loopback. */
  readonly token?: string | undefined
  /** The node's id in the topology; may be left out while that has one node. */
  readonly nodeId?: string | undefined
  readonly version?: string | undefined
  readonly logger?: Logger | undefined
  /** Default: there is no topology to reload. */
  readonly reloadTopology?: AdminTarget['reloadTopology']
}

/**
 * Opens the listener, which the server's end closes; undefined when none is wanted. When it cannot be opened the server
 * is stopped.
 */
export async function openAdmin(server: Server, settings: AdminSettings): Promise<AdminListener | undefined> {
  const { port, bind, token, nodeId, version, logger, reloadTopology } = settings
  if (port === undefined) return undefined
  try {
    const listener = await openAdminListener({
      target: {
        get topology() {
          return server.topology
        },
        stats: () => server.stats(),
        readiness: () => server.readiness(),
        ...(reloadTopology !== undefined && { reloadTopology }),
      },
      port,
      ...(bind !== undefined && { bind }),
      ...(token !== undefined && { token }),
      ...(nodeId !== undefined && { nodeId }),
      ...(version !== undefined && { version }),
      ...(logger !== undefined && { logger }),
    })
    const close = (): void => void listener.close()
    // Whoever started the server learns by itself when it fails.
    server.closed.then(close, close)
    return listener
  } catch (error) {
    await server.destroy()
    throw error
  }
}
