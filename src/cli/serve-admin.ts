// The admin listener of `sluice serve`. It lives as long as the server: while it drains, `/ready` says so.

import {
  type AdminListener,
  type AdminListenerOptions,
  type AdminTarget,
  openAdminListener,
  type Server,
} from '../server/index.ts'

/**
 * Opens the listener, which the server's end closes. When it cannot be opened the server is stopped. Without
 * `reloadTopology` there is no topology to reload.
 */
export async function openAdmin(
  server: Server,
  options: Omit<AdminListenerOptions, 'target'>,
  reloadTopology: AdminTarget['reloadTopology'],
): Promise<AdminListener> {
  try {
    const target = {
      get topology() {
        return server.topology
      },
      stats: () => server.stats(),
      readiness: () => server.readiness(),
      ...(reloadTopology !== undefined && { reloadTopology }),
    }
    const listener = await openAdminListener({ ...options, target })
    const close = (): void => void listener.close()
    // Whoever started the server learns by itself when it fails.
    server.closed.then(close, close)
    return listener
  } catch (error) {
    await server.destroy()
    throw error
  }
}
