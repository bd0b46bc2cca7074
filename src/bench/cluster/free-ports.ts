// Ports for servers that have to know theirs before they listen.

import { createServer, type Server } from 'node:net'
import { SluiceError } from '../../util/errors.ts'

/** So many ports of the interface that nobody listens on a moment ago, all different. */
export async function findFreePorts(bind: string, count: number): Promise<number[]> {
  const listeners: Server[] = []
  try {
    // All of them listen before any is closed: so they differ.
    return await Promise.all(
      Array.from({ length: count }, () => {
        const listener = createServer()
        listeners.push(listener)
        return listen(listener, bind)
      }),
    )
  } finally {
    for (const listener of listeners) listener.close()
  }
}

function listen(listener: Server, bind: string): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once('error', (cause) => reject(new SluiceError('LISTEN_FAILED', cause.message, { cause })))
    listener.listen(0, bind, () => {
      const address = listener.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
      else reject(new SluiceError('LISTEN_FAILED', `no port of ${bind}`))
    })
  })
}
