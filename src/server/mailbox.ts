// The typed ends of a message port between a node's supervisor and one of its shard threads. Only control passes here:
// commands, their outcomes, log lines. Data never does; what threads send each other has ports of its own.

import type { MessagePort, Worker } from 'node:worker_threads'
import type { Topology } from '../cluster/topology.ts'
import type { ServerLimits } from './limits.ts'
import type { LogFields } from './logger.ts'
import type { ServerTlsOptions } from './options.ts'
import type { NodeEngineOptions } from './shard-engines.ts'
import type { PortsToSiblings } from './sibling-ports.ts'
import type { ThreadStats } from './thread-stats.ts'

/** The ports of a shard thread. */
export interface ListeningOptions {
  readonly bind: string
  /** The thread's own port; 0 for a free one. */
  readonly directPort: number
  /** The node's public port, if this thread listens on it; 0 for a free one. */
  readonly publicPort: number | undefined
  /** Whether other threads listen on the public port as well, each on a socket of its own. */
  readonly sharesPublicPort: boolean
  readonly allowRemoteClients: boolean
  readonly password: string | undefined
  readonly tls: ServerTlsOptions | undefined
}

/** Where a thread listens. */
export interface ListeningPorts {
  readonly directPort: number
  readonly publicPort: number | undefined
}

/** What a shard thread is started with. */
export interface ThreadSetup {
  readonly thread: number
  readonly nodeId: string
  /** Where it listens, and what it asks of whoever connects. */
  readonly listening: ListeningOptions
  readonly incarnation: bigint
  readonly engines: NodeEngineOptions
  readonly limits: ServerLimits
  /** Transferred to the thread. */
  readonly siblings: PortsToSiblings
}

/** What the supervisor asks for; each command is answered once, in any order. */
export type ThreadCommand =
  /** Own what the topology gives to this thread and nothing else, without serving what is new to it. */
  | { readonly kind: 'adopt'; readonly topology: Topology }
  /** All threads have adopted it: tell clients of it. */
  | { readonly kind: 'publish' }
  /** Every previous owner has adopted the topology of that number: serve what is new. */
  | { readonly kind: 'serve-gained'; readonly topologyNumber: number }
  /** Serve, from the connections that came before on. */
  | { readonly kind: 'serve' }
  /** Tell the counters. */
  | { readonly kind: 'stats' }
  /** Stop listening, drain the connections, and end. */
  | { readonly kind: 'drain'; readonly deadlineMs: number }

/** A command with the number that its answer repeats. */
export interface SupervisorMessage {
  readonly request: number
  readonly command: ThreadCommand
}

/** What a shard thread says. */
export type ThreadMessage =
  | { readonly kind: 'listening'; readonly ports: ListeningPorts }
  | { readonly kind: 'listen-failed'; readonly message: string }
  /** The command with that number is done; `stats` only for the command of that name. */
  | { readonly kind: 'done'; readonly request: number; readonly stats: ThreadStats | undefined }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: LogFields
      readonly message: string
    }

/** One end of a message port. */
export interface Mailbox<Outgoing, Incoming> {
  post(message: Outgoing): void
  /** Called once. */
  onMessage(take: (message: Incoming) => void): void
}

/** The typed face of a port or a worker. Both ends run the same version of this file, so what arrives is believed. */
export function mailbox<Outgoing, Incoming>(port: MessagePort | Worker): Mailbox<Outgoing, Incoming> {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (take) => {
      port.on('message', take)
    },
  }
}
