import { describe, expect, it } from 'vitest'
import { keysOfShard, TestNode, type TestNodeOptions } from '../../test/support/node-harness.ts'
import { operationsFrame, TestPeer } from '../../test/support/server-harness.ts'
import { encodeControl } from '../protocol/control.ts'
import { KIND_GO_AWAY, KIND_OPERATIONS_REPLY, KIND_PING, KIND_PONG } from '../protocol/frame.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { ReplyBudget } from './forward-room.ts'

/** Bytes of the section that `write` sends. */
const SECTION_BYTES = 116

/** A node, and a write of 116 bytes to each shard. */
function open(options: TestNodeOptions = {}) {
  const node = new TestNode(options)
  const keys = node.topology.shards.map(({ id }) => keysOfShard(node.topology, id, 1)[0] ?? '')
  const write = (sequence: number, ...shards: readonly number[]): Uint8Array => {
    const sections = shards.map((shard) => {
      const key = keys[shard] ?? ''
      const value = 'v'.repeat(SECTION_BYTES - 16 - 3 - key.length)
      return { shard, operations: [{ kind: 'set' as const, key, value }] }
    })
    return operationsFrame(sequence, sections)
  }
  return { node, keys, write, peer: () => TestPeer.open(node.runtime(0)) }
}

function isAnswered(peer: TestPeer): boolean {
  return peer.replies().some(({ kind }) => kind === KIND_OPERATIONS_REPLY)
}

describe('a mailbox', () => {
  const limits = { mailboxBytesMax: 2 * SECTION_BYTES }

  it('that is full makes the connections wait whose frames go there, in the order of their arrival', () => {
    const { node, write, peer } = open({ limits })
    const peers = Array.from({ length: 5 }, peer)
    for (const each of peers) each.send(write(1, 1), encodeControl(KIND_PING, 2, ''))
    expect(node.onTheWay).toBe(2)
    const elsewhere = peer()
    elsewhere.send(write(1, 0, 2))
    expect(node.onTheWay).toBe(3)
    const here = peer()
    here.send(write(1, 0))
    expect(isAnswered(here)).toBe(true)
    expect(peers.map(({ channel }) => channel.isPaused)).toEqual([true, true, true, true, true])
    const answered: number[] = []
    while (node.onTheWay > 0) {
      node.deliver(1)
      for (const [index, each] of peers.entries()) if (isAnswered(each)) answered.push(index)
    }
    expect(answered).toEqual([0, 1, 2, 3, 4])
    expect(isAnswered(elsewhere)).toBe(true)
    expect(peers.map(({ channel }) => channel.isPaused)).toEqual([false, false, false, false, false])
  })

  it('takes one message that is larger than itself, alone', () => {
    const { node, write, peer } = open({ limits: { mailboxBytesMax: 1 } })
    const [first, second] = [peer(), peer()]
    for (const each of [first, second]) each.send(write(1, 1))
    expect(node.onTheWay).toBe(1)
    node.deliver()
    expect([isAnswered(first), isAnswered(second)]).toEqual([true, true])
  })

  it('never sends what a connection had in line when it closed', () => {
    const { node, write, peer } = open({ limits: { mailboxBytesMax: 1 } })
    const [first, second, third] = [peer(), peer(), peer()]
    first.send(write(1, 1))
    second.send(write(1, 1))
    third.send(write(1, 1))
    second.channel.destroy()
    node.deliver()
    expect([isAnswered(first), isAnswered(third)]).toEqual([true, true])
    expect(node.runtime(1).stats().operations).toBe(2)
    expect(node.runtime(0).connectionCount).toBe(2)
  })
})

describe('a connection that closes while it waits for a mailbox', () => {
  it('gives its part of the budget back', () => {
    const { node, write, peer } = open({
      limits: { mailboxBytesMax: 1, forwardedReplyBytesMax: 2 * FRAME_BYTES_MAX },
    })
    const [first, gone, second, third] = [peer(), peer(), peer(), peer()]
    first.send(write(1, 1))
    gone.send(write(1, 1))
    gone.channel.destroy()
    node.deliver()
    expect([isAnswered(first), node.runtime(1).stats().operations]).toEqual([true, 1])
    second.send(write(1, 1))
    third.send(write(1, 2))
    expect(node.onTheWay).toBe(2)
  })
})

describe('a connection that closes while a sibling executes its frame', () => {
  it('has the run executed, the rest not, and leaves nothing behind', () => {
    // One frame at a time has the budget: a claim that was lost would stop all later frames.
    const { node, write, peer } = open({ limits: { forwardedReplyBytesMax: 1, mailboxBytesMax: 1 } })
    for (let round = 0; round < 3; round++) {
      const gone = peer()
      gone.send(write(1, 1, 2, 0), write(2, 2))
      node.deliver(1)
      gone.channel.destroy()
      node.deliver()
    }
    expect(node.records()).toEqual([0, 1, 0])
    const later = peer()
    later.send(write(1, 1, 2))
    node.deliver()
    expect(isAnswered(later)).toBe(true)
    expect(node.records()).toEqual([0, 1, 1])
  })

  it('also when it closes before anything of the frame was executed', () => {
    const { node, write, peer } = open({ limits: { forwardedReplyBytesMax: 1 } })
    const [first, gone, last] = [peer(), peer(), peer()]
    for (const each of [first, gone, last]) each.send(write(1, 1))
    gone.channel.destroy()
    node.deliver()
    expect(isAnswered(first)).toBe(true)
    node.deliver()
    expect(isAnswered(last)).toBe(true)
    expect(node.runtime(1).stats().operations).toBe(2)
  })
})

describe('the budget of replies', () => {
  it('lets frames wait until replies before them were read, and gives a slow reader less time then', () => {
    const { node, write, peer } = open({
      limits: { forwardedReplyBytesMax: 1, slowReaderMs: 30_000, slowReaderStarvingMs: 1_000 },
    })
    const [slow, reader, last] = [peer(), peer(), peer()]
    for (const each of [slow, reader, last]) each.send(write(1, 1))
    node.deliver()
    node.clock.advance(500)
    expect([node.onTheWay, reader.replies(), last.replies()]).toEqual([0, [], []])
    node.clock.advance(1_000)
    expect(slow.channel.isClosed).toBe(true)
    node.deliver()
    expect([isAnswered(reader), isAnswered(last)]).toEqual([true, false])
    node.deliver()
    expect(isAnswered(last)).toBe(true)
  })

  it('counts what is claimed until it is given back', () => {
    const budget = new ReplyBudget(100)
    const claimant = (replyBytesMax: number) => ({ replyBytesMax, proceed: () => budget.claim(replyBytesMax) })
    expect([100, 101, 1_000].map((bytes) => budget.line.isOpenTo(claimant(bytes)))).toEqual([true, true, true])
    budget.claim(40)
    expect([60, 61].map((bytes) => budget.line.isOpenTo(claimant(bytes)))).toEqual([true, false])
    budget.line.wait(claimant(70))
    expect(budget.line.isOpenTo(claimant(1))).toBe(false)
    budget.give(10)
    expect(budget.claimedBytes).toBe(100)
    budget.give(100)
    expect(() => budget.give(1)).toThrow('twice')
  })
})

describe('a drain', () => {
  it('answers the frames that were read, though siblings have drained already', async () => {
    const { node, write, peer } = open()
    const client = peer()
    client.send(write(1, 1, 2), write(2, 2))
    const drained = node.runtimes.map((runtime) => runtime.drain(5_000))
    await drained[1]
    node.clock.advance(1_000)
    expect(client.channel.isEnded).toBe(false)
    node.deliver()
    expect(client.replies().map(({ kind }) => kind)).toEqual([
      KIND_GO_AWAY,
      KIND_OPERATIONS_REPLY,
      KIND_OPERATIONS_REPLY,
    ])
    node.clock.advance(1_000)
    client.replies()
    await Promise.all(drained)
    expect(node.clock.timerCount).toBe(0)
  })

  it('is not held up by a sibling that does not answer, beyond its deadline', async () => {
    const { node, write, peer } = open()
    const client = peer()
    client.send(write(1, 1))
    const drained = node.runtime(0).drain(1_000)
    node.clock.advance(1_000)
    await drained
    node.deliver()
    expect(client.channel.isClosed).toBe(true)
    expect(node.records()).toEqual([0, 1, 0])
  })
})

it('a peer that sends much while its frame is under way is paused, not buffered without end', () => {
  const { node, write, peer } = open()
  const client = peer()
  client.send(write(1, 1))
  expect(client.channel.isPaused).toBe(true)
  const pings = Array.from({ length: 100 }, (_, index) => encodeControl(KIND_PING, index, ''))
  client.send(...pings)
  expect(client.replies()).toEqual([])
  node.deliver()
  expect(client.replies().filter(({ kind }) => kind === KIND_PONG)).toHaveLength(100)
})
