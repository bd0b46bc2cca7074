// The runtimes of one node side by side, with what they send each other in the test's hand.

import { slotOfString } from '../../src/cluster/slot.ts'
import { evenTopology, type Topology } from '../../src/cluster/topology.ts'
import type { ShardRuntime } from '../../src/server/shard-runtime.ts'
import type { Siblings } from '../../src/server/siblings.ts'
import { ManualClock } from './manual-clock.ts'
import { type LogRecorder, openTestRuntime, type TestRuntimeOptions } from './server-harness.ts'

/** What a test node is made with. */
export interface TestNodeOptions extends Pick<TestRuntimeOptions, 'limits' | 'replySlabsMax'> {
  readonly threads?: number
  readonly shards?: number
}

/** A node whose messages stay on their way until the test delivers them. */
export class TestNode {
  readonly topology: Topology
  readonly clock = new ManualClock()
  readonly runtimes: readonly ShardRuntime[]
  readonly logs: readonly LogRecorder[]
  readonly #onTheWay: (() => void)[] = []

  constructor(options: TestNodeOptions = {}) {
    const { threads = 3, shards = threads, ...others } = options
    const ports = Array.from({ length: threads }, (_, thread) => thread + 1)
    const topology = evenTopology({ nodes: [{ id: 'test', host: 'test', ports }], shardCount: shards })
    this.topology = topology
    const siblings: Siblings = {
      send: (thread, request, answered) => {
        this.#onTheWay.push(() =>
          this.runtime(thread).executeRun(request, (reply) => this.#onTheWay.push(() => answered(reply))),
        )
      },
    }
    const opened = ports.map((_, thread) => {
      return openTestRuntime({ topology, thread, siblings, clock: this.clock, ...others })
    })
    this.runtimes = opened.map(({ runtime }) => runtime)
    this.logs = opened.map(({ log }) => log)
  }

  /** Requests and answers that were sent and not delivered. */
  get onTheWay(): number {
    return this.#onTheWay.length
  }

  runtime(thread: number): ShardRuntime {
    const runtime = this.runtimes[thread]
    if (runtime === undefined) throw new Error(`there is no thread ${thread}`)
    return runtime
  }

  /** Delivers the oldest messages, and what they bring about, until none is on its way or so many were. */
  deliver(messagesMax = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < messagesMax; count++) {
      const message = this.#onTheWay.shift()
      if (message === undefined) return
      message()
    }
  }

  /** Records of each thread. */
  records(): number[] {
    return this.runtimes.map((runtime) => runtime.stats().records)
  }
}

/** Keys whose slots a shard of the topology owns. */
export function keysOfShard(topology: Topology, shard: number, count: number): string[] {
  const ranges = topology.shards.find(({ id }) => id === shard)?.slots ?? []
  const keys: string[] = []
  for (let number = 0; keys.length < count; number++) {
    const slot = slotOfString(`key:${number}`)
    if (ranges.some(([first, last]) => slot >= first && slot <= last)) keys.push(`key:${number}`)
  }
  return keys
}
