// Random frames with sections for all shards of a node, over one connection, against a map. What a thread sends another
// takes as long as the drawn schedule says, and the client's bytes arrive in drawn pieces.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkedModule, type TestOperation, testSecret } from '../../test/support/engine-harness.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { keysOfShard } from '../../test/support/node-harness.ts'
import {
  operationsFrame,
  TestPeer,
  type TestSection,
  type TestSectionReply,
} from '../../test/support/server-harness.ts'
import { evenTopology } from '../cluster/topology.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  STATUS_MISSING,
  STATUS_OK,
  STATUS_REPEAT,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import { FLAG_RESUME } from '../protocol/frame.ts'
import { createLocalServer } from './local-server.ts'

const THREADS = 3
const SHARDS = 6
const KEYS_OF_SHARD = 3

const TOPOLOGY = evenTopology({
  nodes: [{ id: 'local', host: 'local', ports: Array.from({ length: THREADS }, (_, thread) => thread + 1) }],
  shardCount: SHARDS,
})
const KEYS = TOPOLOGY.shards.map(({ id }) => keysOfShard(TOPOLOGY, id, KEYS_OF_SHARD))

interface DrawnOperation {
  readonly kind: 'set' | 'get' | 'delete'
  readonly key: number
  readonly value: string
}

interface DrawnSection {
  readonly shard: number
  readonly isViewWrong: boolean
  readonly operations: readonly DrawnOperation[]
}

interface DrawnFrame {
  readonly sections: readonly DrawnSection[]
  readonly resumes: boolean
  /** Tasks of the schedule that run before the next frame is sent. */
  readonly tasks: number
  readonly cutAt: number
}

const OPERATION = fc.record<DrawnOperation>({
  kind: fc.constantFrom('set', 'get', 'delete'),
  key: fc.nat({ max: KEYS_OF_SHARD - 1 }),
  value: fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.nat({ max: 40_000 }).map((length) => 'x'.repeat(length)),
  ),
})
const FRAME = fc.record<DrawnFrame>({
  sections: fc.uniqueArray(
    fc.record({
      shard: fc.nat({ max: SHARDS - 1 }),
      isViewWrong: fc.integer({ min: 0, max: 11 }).map((number) => number === 0),
      operations: fc.array(OPERATION, { maxLength: 5 }),
    }),
    { selector: ({ shard }) => shard, maxLength: SHARDS },
  ),
  resumes: fc.boolean(),
  tasks: fc.nat({ max: 6 }),
  cutAt: fc.nat({ max: 400 }),
})

function operationsOf({ shard, operations }: DrawnSection): TestOperation[] {
  return operations.map(({ kind, key, value }) => {
    const name = KEYS[shard]?.[key] ?? ''
    return kind === 'set' ? { kind, key: name, value } : { kind, key: name }
  })
}

/** What a node does, as plainly as it can be said. */
class Oracle {
  readonly #records = new Map<string, string>()
  #isFenced = false

  /** The outcomes and, of what was executed, what each operation finds: its value, or whether there was something. */
  answer({ sections, resumes }: DrawnFrame): unknown[] {
    if (resumes) this.#isFenced = false
    const isRefused = this.#isFenced
    return sections.map((section) => {
      const { shard, isViewWrong } = section
      if (isRefused) return [shard, OUTCOME_FENCED, []]
      if (!isViewWrong) return [shard, OUTCOME_EXECUTED, operationsOf(section).map((each) => this.#execute(each))]
      this.#isFenced = true
      return [shard, OUTCOME_BEHIND, []]
    })
  }

  #execute(operation: TestOperation): string | boolean {
    if (!('key' in operation)) throw new Error('every drawn operation has a key')
    const key = `${operation.key}`
    if (operation.kind === 'get') return this.#records.get(key) ?? false
    if (operation.kind === 'delete') return this.#records.delete(key)
    if (operation.kind === 'set') this.#records.set(key, `${operation.value}`)
    return true
  }
}

/** A reply in the oracle's words. */
function found({ shard, outcome, results }: TestSectionReply): unknown {
  const words = results.map(({ status, value }) => {
    if (status === STATUS_VALUE || status === STATUS_REPEAT) return Buffer.from(value).toString()
    if (status === STATUS_MISSING) return false
    expect(status).toBe(STATUS_OK)
    return true
  })
  return [shard, outcome, words]
}

it('one connection sees all shards of a node as one map, whatever is on its way', () => {
  fc.assert(
    fc.property(fc.array(FRAME, { maxLength: 12 }), (frames) => {
      const tasks: (() => void)[] = []
      const server = createLocalServer({
        threads: THREADS,
        shardsPerThread: SHARDS / THREADS,
        engineModule: checkedModule,
        identity: { incarnation: 5n, secret: testSecret(3) },
        clock: new ManualClock(),
        schedule: (task) => tasks.push(task),
      })
      const peer = TestPeer.open(server)
      const oracle = new Oracle()
      for (const [sequence, drawn] of frames.entries()) {
        const sections = drawn.sections.map((section): TestSection => {
          return { shard: section.shard, view: section.isViewWrong ? 2 : 1, operations: operationsOf(section) }
        })
        const frame = operationsFrame(sequence, sections, drawn.resumes ? FLAG_RESUME : 0)
        peer.send(frame.subarray(0, drawn.cutAt))
        for (let left = drawn.tasks; left > 0; left--) tasks.shift()?.()
        peer.send(frame.subarray(drawn.cutAt))
      }
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
      const replies = peer.replies()
      expect(replies.map(({ sequence }) => sequence)).toEqual(frames.map((_, sequence) => sequence))
      for (const [index, frame] of frames.entries()) {
        expect(replies[index]?.sections.map(found)).toEqual(oracle.answer(frame))
      }
      server.destroy()
    }),
    { numRuns: 60 },
  )
})
