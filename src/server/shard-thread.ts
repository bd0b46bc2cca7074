// The entry of a shard thread (`new Worker(...)`): a runtime, its engines, a TCP port of its own, and message ports to
// the supervisor and to the other shard threads. An exception that nobody catches ends the thread, and with it the
// server, which is what a bug deserves.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
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
import { engineOpener } from './shard-engines.ts'
import { ShardRuntime } from './shard-runtime.ts'
import { SiblingPorts } from './sibling-ports.ts'
import { TcpListener } from './tcp-listener.ts'
import { threadCpuNs } from './thread-cpu.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Listens, then does what the supervisor commands until it says drain. */
async function serveThread(setup: ThreadSetup, port: MessagePort): Promise<void> {
  const supervisor = mailbox<ThreadMessage, SupervisorMessage>(port)
  const logger = limitedLogger(mailboxLogger(supervisor), systemClock)
  const listeners = await listen(setup, supervisor, logger)
  if (listeners === undefined) {
    port.close()
    return
  }
  const thread = new ShardThread(setup, listeners, logger)
  supervisor.onMessage(async ({ request, command }) => {
    const stats = await thread.run(command)
    supervisor.post({ kind: 'done', request, stats })
    // Nothing keeps the thread alive then, and it ends by itself.
    if (command.kind === 'drain') port.close()
  })
  supervisor.post({
    kind: 'listening',
    ports: { directPort: listeners.direct.port, publicPort: listeners.public?.port },
  })
}

interface Listeners {
  readonly direct: TcpListener
  readonly public: TcpListener | undefined
}

/** The thread's listeners; undefined when it cannot listen, which the supervisor is told. */
async function listen(
  { listening, limits }: ThreadSetup,
  supervisor: Mailbox<ThreadMessage, SupervisorMessage>,
  logger: Logger,
): Promise<Listeners | undefined> {
  const { bind, directPort, publicPort, sharesPublicPort, allowRemoteClients, password, tls } = listening
  const options = {
    host: bind,
    connectionsMax: limits.connectionsMax + REFUSED_CONNECTIONS_MAX,
    servesRemoteClients: allowRemoteClients || password !== undefined,
    handshakesMax: limits.strangersMax,
    handshakeMs: limits.handshakeMs,
    tls,
    logger,
  }
  let direct: TcpListener | undefined
  try {
    direct = await TcpListener.listen({ ...options, port: directPort })
    if (publicPort === undefined) return { direct, public: undefined }
    const shared = await TcpListener.listen({ ...options, port: publicPort, reusePort: sharesPublicPort })
    return { direct, public: shared }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    direct?.close()
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
  readonly #listeners: Listeners
  readonly #runtime: ShardRuntime
  readonly #siblings: SiblingPorts
  readonly #eventLoop = new EventLoopWatch(systemClock)

  constructor(setup: ThreadSetup, listeners: Listeners, logger: Logger) {
    this.#listeners = listeners
    this.#siblings = new SiblingPorts(setup.siblings, (request, answer) => this.#runtime.executeRun(request, answer))
    this.#runtime = createRuntime(setup, this.#siblings, this.#eventLoop, logger)
  }

  async run(command: ThreadCommand): Promise<ThreadStats | undefined> {
    const runtime = this.#runtime
    switch (command.kind) {
      case 'adopt':
        runtime.adopt(command.topology)
        return undefined
      case 'publish':
        runtime.publish()
        return undefined
      case 'serve-gained':
        runtime.serveGained(command.topologyNumber)
        return undefined
      case 'serve':
        for (const listener of [this.#listeners.direct, this.#listeners.public]) {
          listener?.serve((channel, refusal) => runtime.accept(channel, refusal))
        }
        return undefined
      case 'stats':
        return runtime.stats()
      case 'drain':
        this.#listeners.direct.close()
        this.#listeners.public?.close()
        await runtime.drain(command.deadlineMs)
        this.#siblings.finish()
        this.#eventLoop.close()
        return undefined
    }
  }
}

function createRuntime(
  setup: ThreadSetup,
  siblings: SiblingPorts,
  eventLoop: EventLoopWatch,
  logger: Logger,
): ShardRuntime {
  const { thread, nodeId, engines, incarnation, limits, listening } = setup
  const openEngine = engineOpener(engines, () => systemClock.nowMs())
  const { password } = listening
  return new ShardRuntime({
    thread,
    nodeId,
    siblings,
    openEngine,
    incarnation,
    clock: systemClock,
    limits,
    logger,
    threadCpuNs,
    eventLoopDelay: () => eventLoop.delay(),
    random: seededRandom(readU32(systemRandomBytes(4), 0)),
    ...(password !== undefined && { password }),
  })
}

assert(parentPort !== null, 'this file is the entry of a worker')
// The supervisor, of this same version, made the data.
await serveThread(workerData as ThreadSetup, parentPort)
