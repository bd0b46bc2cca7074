// The topology that a node runs, and the two steps in which it changes:
//
//   adopt    all threads own what the new topology gives them: what is lost is served no more, what is gained not yet
//   publish  whoever asks is told that this node runs the new topology
//   serve    when every other node has said the same, the gained slots are served
//
// Nobody has to be the master of that: a node that gained slots asks the others until all have answered. Which of them
// owned a gained slot is not tried to be known, since numbers may be skipped and a previous owner may itself have been
// waiting for one before it: all nodes of the old and the new topology must answer. An operator who knows that a node
// is gone for good can force the last step; a node that was not gone then owns the slots as well, until it adopts.
//
// A node that learns of a newer topology by its questions adopts it: it may have been started with an old file.
//
//   invariants: the number only grows; a gained slot is served only after every other node of the topology before and of
//   this one has run this one, or by force

import type { Topology, TopologyNode } from '../cluster/topology.ts'
import { checkSuccession, gainedSlots } from '../cluster/topology-changes.ts'
import { assert } from '../util/assert.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import type { Logger } from './logger.ts'

/** Milliseconds between two questions to a node that has not answered well, at first and at most. */
const ASK_DELAY_MS_MIN = 20
const ASK_DELAY_MS_MAX = 1_000

/** The shard threads of the node, as far as its topology concerns them. Each step resolves when all have taken it. */
export interface TopologyThreads {
  adopt(topology: Topology): Promise<unknown>
  publish(): Promise<unknown>
  serveGained(topologyNumber: number): Promise<unknown>
}

/** Asks a node which topology it runs; rejects with a SluiceError, within a bounded time, when it does not answer. */
export type AskNode = (node: TopologyNode, signal: AbortSignal) => Promise<Topology>

/** What a `NodeTopology` is given. */
export interface NodeTopologyOptions {
  readonly nodeId: string
  /** Shards for which the node has memory. */
  readonly shardsMax: number
  readonly threads: TopologyThreads
  readonly askNode: AskNode
  readonly clock: Clock
  readonly logger: Logger
}

/** A node that is asked until it answers well. */
interface Question {
  node: TopologyNode
  /** Milliseconds until the next try. */
  delayMs: number
  timer: Timer | undefined
}

/** One node's topology. Closed by its owner. */
export class NodeTopology {
  readonly #options: NodeTopologyOptions
  readonly #life = new AbortController()
  /** Nodes that must answer before the gained slots are served, by id. */
  readonly #unconfirmed = new Map<string, Question>()
  #current: Topology | undefined
  #changes: Promise<void> = Promise.resolve()

  constructor(options: NodeTopologyOptions) {
    this.#options = options
  }

  /** The topology that all threads have adopted. Throws INVALID_ARGUMENT before the first one. */
  get current(): Topology {
    if (this.#current === undefined) throw new SluiceError('INVALID_ARGUMENT', 'no topology was adopted')
    return this.#current
  }

  /** Nodes that have to answer before all slots are served. */
  get unconfirmed(): readonly string[] {
    return [...this.#unconfirmed.keys()]
  }

  /**
   * Puts a topology in force. Resolves when it is published; gained slots may be served later. With `force` they are
   * served at once, whatever the other nodes run, also when the topology is the one in force already. Changes happen one
   * after the other. Rejects with INVALID_ARGUMENT, and changes nothing, unless it is the one in force or may follow it.
   */
  adopt(next: Topology, force = false): Promise<void> {
    const change = this.#changes.then(() => this.#change(next, force))
    this.#changes = change.catch(() => {})
    return change
  }

  /** Asks nobody any more. */
  close(): void {
    this.#life.abort(new SluiceError('CLOSED', 'the server has stopped'))
    this.#forgetQuestions()
  }

  async #change(next: Topology, force: boolean): Promise<void> {
    const { nodeId, threads, logger } = this.#options
    const before = this.#current
    // What is in force already is no change; forcing it is.
    if (before === undefined || !isSame(before, next)) {
      if (before !== undefined) checkSuccession(before, next)
      this.#checkShardCount(next)
      await threads.adopt(next)
      await threads.publish()
      this.#current = next
      logger.info({ topology: next.number }, 'topology adopted')
      if (gainedSlots(before, next, nodeId).size > 0) this.#await([...(before?.nodes ?? []), ...next.nodes])
    }
    if (force) {
      if (this.#unconfirmed.size > 0) {
        logger.warn({ topology: next.number, unasked: this.unconfirmed.join(' ') }, 'gained slots are served by force')
      }
      this.#forgetQuestions()
    }
    if (this.#unconfirmed.size === 0) await threads.serveGained(next.number)
  }

  /** The memory of the node was dealt out to so many shards when it started. */
  #checkShardCount({ shards }: Topology): void {
    const { nodeId, shardsMax } = this.#options
    const count = shards.filter(({ node }) => node === nodeId).length
    if (count <= shardsMax) return
    throw new SluiceError(
      'INVALID_ARGUMENT',
      `the topology gives this node ${count} shards, and it was started with memory for ${shardsMax}`,
    )
  }

  #await(nodes: readonly TopologyNode[]): void {
    for (const { id } of nodes) {
      if (id === this.#options.nodeId) continue
      // Addresses may differ between the two topologies; the newer one is right.
      const node = nodes.findLast((other) => other.id === id)
      assert(node !== undefined, 'the id is of one of the nodes')
      const asked = this.#unconfirmed.get(id)
      if (asked !== undefined) {
        asked.node = node
        continue
      }
      const question: Question = { node, delayMs: ASK_DELAY_MS_MIN, timer: undefined }
      this.#unconfirmed.set(id, question)
      void this.#ask(question)
    }
  }

  async #ask(question: Question): Promise<void> {
    const { askNode, clock } = this.#options
    const { node } = question
    let answer: string
    try {
      const theirs = await askNode(node, this.#life.signal)
      if (this.#unconfirmed.get(node.id) !== question) return
      if (isSame(theirs, this.current)) return await this.#confirmed(node.id)
      answer = `it runs ${theirs.number === this.current.number ? 'another topology of this number' : theirs.number}`
      // This node was started with an old file, or nobody told it yet. It must not serve what it has lost since.
      if (theirs.number > this.current.number && this.#isOfOurs(theirs)) await this.adopt(theirs)
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      answer = error.message
    }
    if (this.#unconfirmed.get(node.id) !== question) return
    if (question.delayMs >= ASK_DELAY_MS_MAX) this.#warn(question, answer)
    question.timer = clock.after(question.delayMs, () => void this.#ask(question))
    question.delayMs = Math.min(question.delayMs * 2, ASK_DELAY_MS_MAX)
  }

  /** Whether this node is in the topology as it is in ours: another cluster's would take its records away. */
  #isOfOurs({ nodes }: Topology): boolean {
    const { nodeId } = this.#options
    const [own, theirs] = [this.current.nodes, nodes].map((all) => all.find(({ id }) => id === nodeId))
    return own !== undefined && theirs !== undefined && JSON.stringify(own) === JSON.stringify(theirs)
  }

  async #confirmed(nodeId: string): Promise<void> {
    const { threads, logger } = this.#options
    this.#unconfirmed.delete(nodeId)
    if (this.#unconfirmed.size > 0) return
    const { number } = this.current
    await threads.serveGained(number)
    logger.info({ topology: number }, 'all slots are served')
  }

  #warn({ node }: Question, answer: string): void {
    this.#options.logger.warn({ node: node.id, answer }, 'gained slots wait for the answer of another node')
  }

  #forgetQuestions(): void {
    for (const { timer } of this.#unconfirmed.values()) timer?.cancel()
    this.#unconfirmed.clear()
  }
}

/** Two files of one number can differ by mistake. Both came through `frozenTopology`, which fixes the order of fields. */
function isSame(left: Topology, right: Topology): boolean {
  return left.number === right.number && JSON.stringify(left) === JSON.stringify(right)
}
