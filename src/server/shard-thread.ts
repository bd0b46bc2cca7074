// The entry of a shard thread (`new Worker(...)`): a runtime, its engines, a port of its own, and a mailbox to the
// supervisor. An exception that nobody catches ends the thread, and with it the server, which is what a bug deserves.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Topology } from '../cluster/topology.ts'
import { assert } from '../util/assert.ts'
import { readU32 } from '../util/bytes.ts'
import { systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { seededRandom, systemRandomBytes } from '../util/random.ts'
import { EventLoopWatch } from './event-loop-delay.ts'
import { limitedLogger } from './limited-logger.ts'
import { REFUSED_CONNECTIONS_MAX } from './limits.ts'
import type { Logger } from './logger.ts'
import {
  type Mailbox,
  mailbox,
  type SupervisorMessage,
  type ThreadCommand,
  type ThreadMessage,
  type ThreadSetup,
} from './mailbox.ts'
import { openShardEngines } from './shard-engines.ts'
import { ShardRuntime } from './shard-runtime.ts'
import { TcpListener } from './tcp-listener.ts'
import { threadCpuNs } from './thread-cpu.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Listens, then does what the supervisor commands until it says drain. */
async function serveThread(setup: ThreadSetup, port: MessagePort): Promise<void> {
  const supervisor = mailbox<ThreadMessage, SupervisorMessage>(port)
  const listener = await listen(setup, supervisor)
  if (listener === undefined) {
    port.close()
    return
  }
  const thread = new ShardThread(setup, listener, limitedLogger(mailboxLogger(supervisor), systemClock))
  supervisor.onMessage(async ({ request, command }) => {
    const stats = await thread.run(command)
    supervisor.post({ kind: 'done', request, stats })
    // Nothing keeps the thread alive then, and it ends by itself.
    if (command.kind === 'drain') port.close()
  })
  supervisor.post({ kind: 'listening', port: listener.port })
}

/** The thread's listener; undefined when it cannot listen, which the supervisor is told. */
async function listen(setup: ThreadSetup, supervisor: Mailbox<ThreadMessage, SupervisorMessage>) {
  const { host, port, limits, allowRemoteClients } = setup
  const connectionsMax = limits.connectionsMax + REFUSED_CONNECTIONS_MAX
  try {
    return await TcpListener.listen({ host, port, connectionsMax, allowRemoteClients })
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    supervisor.post({ kind: 'listen-failed', message: error.message })
    return undefined
  }
}

/** Sends log lines to the supervisor, which has the logger. */
function mailboxLogger(supervisor: Mailbox<ThreadMessage, SupervisorMessage>): Logger {
  return {
    info: (fields, message) => supervisor.post({ kind: 'log', level: 'info', fields, message }),
    warn: (fields, message) => supervisor.post({ kind: 'log', level: 'warn', fields, message }),
    error: (fields, message) => supervisor.post({ kind: 'log', level: 'error', fields, message }),
  }
}

/** Runs the supervisor's commands. */
class ShardThread {
  readonly #setup: ThreadSetup
  readonly #listener: TcpListener
  readonly #logger: Logger
  readonly #eventLoop = new EventLoopWatch(systemClock)
  #runtime: ShardRuntime | undefined

  constructor(setup: ThreadSetup, listener: TcpListener, logger: Logger) {
    this.#setup = setup
    this.#listener = listener
    this.#logger = logger
  }

  async run(command: ThreadCommand): Promise<ThreadStats | undefined> {
    if (command.kind === 'prepare') {
      this.#runtime = this.#createRuntime(command.topology)
      return undefined
    }
    const runtime = this.#runtime
    assert(runtime !== undefined, 'prepare is the first command')
    if (command.kind === 'stats') return runtime.stats()
    if (command.kind === 'serve') {
      this.#listener.serve((channel, refusal) => runtime.accept(channel, refusal))
    } else {
      this.#listener.close()
      await runtime.drain(command.deadlineMs)
      this.#eventLoop.close()
    }
    return undefined
  }

  #createRuntime(topology: Topology): ShardRuntime {
    const { thread, nodeId, engines, incarnation, limits } = this.#setup
    return new ShardRuntime({
      thread,
      engines: openShardEngines(topology, nodeId, thread, engines),
      topology,
      incarnation,
      clock: systemClock,
      limits,
      logger: this.#logger,
      threadCpuNs,
      eventLoopDelay: () => this.#eventLoop.delay(),
      random: seededRandom(readU32(systemRandomBytes(4), 0)),
    })
  }
}

assert(parentPort !== null, 'this file is the entry of a worker')
// The supervisor, of this same version, made the data.
await serveThread(workerData as ThreadSetup, parentPort)
