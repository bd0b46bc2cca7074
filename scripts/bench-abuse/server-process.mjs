// The parent's side of `server.mjs`.

import { fork } from 'node:child_process'
import { once } from 'node:events'

const SERVER = new URL('server.mjs', import.meta.url).pathname

/** A server in a process of its own. */
export class ServerProcess {
  /** @type {string} */
  address
  /** @type {import('../../dist/client/index.js').Topology} */
  topology
  #process

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {{ address: string, topology: import('../../dist/client/index.js').Topology }} greeting
   */
  constructor(process, greeting) {
    this.#process = process
    this.address = greeting.address
    this.topology = greeting.topology
  }

  /**
   * @param {import('../../dist/server/index.js').ServerOptions} options that JSON can carry
   * @returns {Promise<ServerProcess>}
   */
  static async start(options) {
    const child = fork(SERVER, [JSON.stringify(options)])
    return new ServerProcess(child, await answerOf(child))
  }

  /** @returns {Promise<import('./server.mjs').ServerReport>} */
  report() {
    this.#process.send('report')
    return answerOf(this.#process)
  }

  /** Ends it at once; resolves when it has ended. */
  async stop() {
    if (this.#process.exitCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}

/**
 * The next message of a process that was forked; rejects when it ends instead.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<any>}
 */
export async function answerOf(child) {
  const aborted = new AbortController()
  const ended = once(child, 'exit', aborted).then(([code]) => {
    throw new Error(`the process ended with ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', aborted), ended])
    return message
  } finally {
    aborted.abort()
  }
}
