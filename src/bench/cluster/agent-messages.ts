// What a benchmark and its agents say to each other, one line of JSON each.
//
//   agent        says hello once, by itself
//   benchmark    asks; each question has a number, which its answer repeats
//   agent        answers, in whatever order, or says that something it runs has ended by itself
//
// Both are of the same version, which the hello proves: after it, messages are believed to have their types.

import type { Topology } from '../../cluster/topology.ts'
import type { ErrorCode } from '../../util/errors.ts'
import type { PhaseTotals, SharedClientOptions } from '../load/client-threads.ts'
import type { MachineReading } from './machine-reading.ts'
import type { SentSums } from './sums-text.ts'

/** What an agent says first. */
export interface AgentHello {
  readonly type: 'hello'
  readonly version: string
  readonly nodeVersion: string
  readonly hostName: string
  /** The same for all agents of one machine since it was started. */
  readonly machine: string
  readonly pid: number
  readonly cores: number
  readonly cpuModel: string
  readonly memoryBytes: number
  /** Of that, what its processes may still take. */
  readonly memoryBytesAvailable: number
  readonly nowMs: number
}

/** Starts a node of the cluster. */
export interface ServeQuestion {
  readonly type: 'serve'
  readonly topology: Topology
  readonly nodeId: string
  readonly bind: string
  readonly password: string
  readonly memoryBytesMax: number
}

/** Starts client threads. */
export interface ClientsQuestion {
  readonly type: 'clients'
  readonly count: number
  /** Number of the first of them in the whole run. */
  readonly firstClient: number
  readonly shared: SharedClientOptions
}

/** A part of a phase, for all client threads of the agent. */
export type PhaseQuestion =
  | { readonly type: 'load'; readonly first: number; readonly end: number }
  | { readonly type: 'run'; readonly seconds: number }
  | { readonly type: 'verify'; readonly first: number; readonly end: number }

/** What an agent can be asked. */
export type AgentQuestion =
  /** What its clock shows. */
  | { readonly type: 'clock' }
  /** Ports that nobody listens on. */
  | { readonly type: 'ports'; readonly bind: string; readonly count: number }
  /** Answered when every slot of the node is served. */
  | ServeQuestion
  /** Answered when all are connected. */
  | ClientsQuestion
  | PhaseQuestion
  /** Ends the present phase soon. */
  | { readonly type: 'stop' }
  /** What it does and uses. */
  | { readonly type: 'look' }
  /** Closes clients and servers in order. */
  | { readonly type: 'close' }

/** What a node has done so far. */
export interface ServerCounts {
  readonly operations: number
  readonly frames: number
  /** The longest of its threads' 99th percentiles, of the last 15 seconds; null when nobody measures it. */
  readonly loopDelayP99Ms: number | null
}

/** Everything that an agent tells of one moment. */
export interface AgentLook extends MachineReading {
  /** Monotonic, by the agent's clock. */
  readonly atMs: number
  /** Of the agent's process, all threads. */
  readonly processCpuNs: number
  readonly rssBytes: number
  /** Null: it runs no node, or the node does not answer. */
  readonly server: ServerCounts | null
  /** Null: it runs no clients. */
  readonly sums: SentSums | null
}

/** What a phase of an agent gave, and what its clients have done in all phases. */
export interface PhaseAnswer {
  readonly totals: PhaseTotals
  readonly sums: SentSums
}

/** The answer to each question. */
export interface AgentAnswers {
  readonly clock: { readonly nowMs: number }
  readonly ports: { readonly ports: readonly number[] }
  readonly serve: { readonly threads: number }
  readonly clients: Readonly<Record<string, never>>
  readonly load: PhaseAnswer
  readonly run: PhaseAnswer
  readonly verify: PhaseAnswer
  readonly stop: Readonly<Record<string, never>>
  readonly look: AgentLook
  readonly close: Readonly<Record<string, never>>
}

/** The kind of a question. */
export type QuestionType = AgentQuestion['type']

/** To an agent. */
export interface NumberedQuestion {
  readonly number: number
  readonly question: AgentQuestion
}

/** From an agent. */
export type AgentMessage =
  | AgentHello
  | { readonly type: 'answer'; readonly number: number; readonly answer: AgentAnswers[QuestionType] }
  | { readonly type: 'refusal'; readonly number: number; readonly code: ErrorCode; readonly message: string }
  /** A server that it runs has ended by itself. */
  | { readonly type: 'failed'; readonly message: string }

/** Between two signs of life of the benchmark. */
export const ALIVE_INTERVAL_MS = 5_000

/**
 * An agent that has heard nothing for so long stops all and ends; a benchmark gives up an agent. Only a network that is gone
 * without a word takes that long: what ends a process or a connection is seen at once.
 */
export const SILENCE_MS_MAX = 30_000
