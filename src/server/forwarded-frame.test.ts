import { describe, expect, it } from 'vitest'
import type { TestOperation } from '../../test/support/engine-harness.ts'
import { keysOfShard, TestNode, type TestNodeOptions } from '../../test/support/node-harness.ts'
import { operationsFrame, TestPeer, type TestSection } from '../../test/support/server-harness.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNKNOWN_SHARD,
  OUTCOME_UNSUPPORTED,
  OUTCOME_WRONG_SLOT,
} from '../protocol/codes.ts'
import { encodeControl } from '../protocol/control.ts'
import {
  FLAG_RESUME,
  FRAME_HEADER_BYTES,
  KIND_ERROR,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  KIND_PONG,
} from '../protocol/frame.ts'
import { FRAME_BYTES_MAX, FRAME_OPS_MAX } from '../protocol/limits.ts'
import type { RunReply } from './frame-executor.ts'
import { frameSlabsMax } from './limits.ts'

const MIB = 1024 * 1024
const SLAB_BYTES = 256 * 1024

/** A node, a peer at its thread 0, and for each shard a key that lives there. */
function open(options: TestNodeOptions = {}) {
  const node = new TestNode(options)
  const keys = node.topology.shards.map(({ id }) => keysOfShard(node.topology, id, 1)[0] ?? '')
  const section = (shard: number, ...operations: TestOperation[]): TestSection => ({ shard, operations })
  return {
    node,
    peer: TestPeer.open(node.runtime(0)),
    set: (shard: number, value: string) => section(shard, { kind: 'set', key: keys[shard] ?? '', value }),
    get: (shard: number) => section(shard, { kind: 'get', key: keys[shard] ?? '' }),
  }
}

/** The outcomes of each frame's sections, and the values in them. */
function outcomes(peer: TestPeer): number[][] {
  return peer.replies().map(({ sections }) => sections.map(({ outcome }) => outcome))
}

function values(peer: TestPeer): string[][] {
  return peer
    .replies()
    .map(({ sections }) => sections.flatMap(({ results }) => results.map(({ value }) => Buffer.from(value).toString())))
}

describe('a frame for several threads', () => {
  it('is answered whole, with its sections in their order, each from the thread that owns its shard', () => {
    const { node, peer, set } = open({ shards: 6 })
    const unknown: TestSection = { shard: 900, operations: [{ kind: 'get', key: 'k' }] }
    const order = [0, 1, 4, 2, 3, 5]
    peer.send(operationsFrame(7, [...order.map((shard) => set(shard, `${shard}`)), unknown]))
    expect(peer.replies()).toEqual([])
    node.deliver()
    const [reply, ...others] = peer.replies()
    expect(others).toEqual([])
    expect(reply).toMatchObject({ kind: KIND_OPERATIONS_REPLY, sequence: 7 })
    expect(reply?.sections.map(({ shard, view, outcome, results }) => [shard, view, outcome, results.length])).toEqual([
      ...order.map((shard) => [shard, 1, OUTCOME_EXECUTED, 1]),
      [900, 0, OUTCOME_UNKNOWN_SHARD, 0],
    ])
    expect(node.records()).toEqual([2, 2, 2])
    expect(node.runtimes.map((runtime) => runtime.stats().framesForwarded)).toEqual([1, 0, 0])
  })

  it('sends neighbours of one owner together, and one run after the other', () => {
    const { node, peer, get } = open({ shards: 6 })
    peer.send(operationsFrame(1, [get(1), get(4), get(0), get(3), get(2)]))
    const seen: number[] = []
    while (node.onTheWay > 0) {
      seen.push(node.onTheWay)
      node.deliver(1)
    }
    expect(seen).toEqual([1, 1, 1, 1])
    expect(outcomes(peer)).toEqual([[0, 0, 0, 0, 0].map(() => OUTCOME_EXECUTED)])
  })

  it('holds back what comes behind it, pauses its channel, and goes on in order', () => {
    const { node, peer, set, get } = open()
    peer.send(
      encodeControl(KIND_PING, 0, ''),
      operationsFrame(1, [set(1, 'one')]),
      operationsFrame(2, [set(0, 'zero')]),
      operationsFrame(3, [get(0), get(1)]),
      encodeControl(KIND_PING, 4, ''),
    )
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_PONG])
    expect(peer.channel.isPaused).toBe(true)
    expect(node.records()).toEqual([0, 0, 0])
    peer.send(operationsFrame(5, [get(1)]))
    node.deliver()
    const replies = peer.replies()
    expect(replies.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    const read = replies[2]?.sections.map(({ results }) => Buffer.from(results[0]?.value ?? []).toString())
    expect(read).toEqual(['zero', 'one'])
    expect(peer.channel.isPaused).toBe(false)
  })

  it('leaves other connections of all threads alone', () => {
    const { node, peer, set, get } = open()
    peer.send(operationsFrame(1, [set(1, 'one')]))
    const others = node.runtimes.map((runtime) => TestPeer.open(runtime))
    for (const [thread, other] of others.entries()) other.send(operationsFrame(1, [get(thread)]))
    expect(others.map(outcomes)).toEqual([[[OUTCOME_EXECUTED]], [[OUTCOME_EXECUTED]], [[OUTCOME_EXECUTED]]])
    node.deliver()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED]])
  })
})

describe('the fence', () => {
  it('is raised by a section that a sibling refused, for all threads, until a frame resumes', () => {
    const { node, peer, set, get } = open()
    const behind = { ...set(1, 'first'), view: 9 }
    peer.send(operationsFrame(1, [set(0, 'a'), behind, set(2, 'c')]))
    peer.send(operationsFrame(2, [set(0, 'b'), set(1, 'second')]))
    node.deliver()
    expect(outcomes(peer)).toEqual([
      [OUTCOME_EXECUTED, OUTCOME_BEHIND, OUTCOME_EXECUTED],
      [OUTCOME_FENCED, OUTCOME_FENCED],
    ])
    peer.send(operationsFrame(3, [set(1, 'first')], FLAG_RESUME), operationsFrame(4, [set(0, 'b'), set(1, 'second')]))
    node.deliver()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED], [OUTCOME_EXECUTED, OUTCOME_EXECUTED]])
    peer.send(operationsFrame(5, [get(0), get(1), get(2)]))
    node.deliver()
    expect(values(peer)).toEqual([['b', 'second', 'c']])
  })

  it('is raised by a section that stops at a sibling, behind the results that it has', () => {
    const { node, peer, set, get } = open()
    const [own] = set(1, 'own').operations
    const [foreign] = set(2, 'foreign').operations
    if (own === undefined || foreign === undefined) throw new Error('there are operations')
    peer.send(operationsFrame(1, [{ shard: 1, operations: [own, foreign, own] }]), operationsFrame(2, [get(0)]))
    node.deliver()
    const [stopped, fenced] = peer.replies()
    expect(stopped?.sections).toMatchObject([{ outcome: OUTCOME_WRONG_SLOT, results: [{}] }])
    expect(fenced?.sections).toMatchObject([{ outcome: OUTCOME_FENCED }])
  })

  it('is not raised while all is executed, and a fenced frame is sent to nobody', () => {
    const { node, peer, get } = open()
    peer.send(operationsFrame(1, [get(1)]), operationsFrame(2, [{ ...get(0), view: 0 }]))
    node.deliver()
    peer.send(operationsFrame(3, [get(1), get(2)]))
    expect(node.onTheWay).toBe(0)
    expect(outcomes(peer).at(-1)).toEqual([OUTCOME_FENCED, OUTCOME_FENCED])
  })
})

describe('the check of a whole frame', () => {
  it('closes the connection for a malformed section of a sibling, and executes nothing anywhere', () => {
    const { node, peer, set } = open()
    const malformed: TestSection = { shard: 2, operations: [], bytes: Uint8Array.of(1, 200, 0x6b), operationCount: 1 }
    peer.send(operationsFrame(1, [set(0, '0'), set(1, '1'), malformed]))
    node.deliver()
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_ERROR])
    expect(node.records()).toEqual([0, 0, 0])
    expect(peer.channel.isClosed).toBe(true)
  })

  it.each<[string, TestSection, number]>([
    [
      'unsupported',
      { shard: 1, operations: [], bytes: Uint8Array.of(0x3f, 1, 0x6b), operationCount: 1 },
      OUTCOME_UNSUPPORTED,
    ],
    ['of another namespace', { shard: 1, operations: [{ kind: 'get', key: 'k' }], namespace: 1 }, OUTCOME_UNSUPPORTED],
    [
      'too many',
      { shard: 1, operations: Array(FRAME_OPS_MAX).fill({ kind: 'get', key: 'k' }) },
      OUTCOME_TOO_MANY_OPERATIONS,
    ],
  ])('refuses a frame whose operations for a sibling are %s', (_, section, outcome) => {
    const { node, peer, set } = open()
    peer.send(operationsFrame(1, [set(0, '0'), section]))
    expect(node.onTheWay).toBe(0)
    expect(outcomes(peer)).toEqual([[outcome, outcome]])
    expect(node.records()).toEqual([0, 0, 0])
  })

  it('ends at the thread that a run was sent to: what it does not own is unknown there', () => {
    const { node, set } = open()
    const frame = operationsFrame(1, [set(2, '2'), set(1, '1')])
    const replies: RunReply[] = []
    const request = { bytes: frame.slice(FRAME_HEADER_BYTES), sectionCount: 2, bytesMax: FRAME_BYTES_MAX }
    node.runtime(1).executeRun(request, (reply) => replies.push(reply))
    expect(node.onTheWay).toBe(0)
    expect(replies).toMatchObject([{ isFenceRaised: true }])
    expect(node.records()).toEqual([0, 1, 0])
  })
})

describe('the reply', () => {
  it('stops a section that might pass the largest frame, wherever it is executed', () => {
    const { node, peer, set, get } = open()
    const large = 'v'.repeat(6 * MIB)
    for (const shard of [0, 1]) {
      peer.send(operationsFrame(shard, [set(shard, large)]))
      node.deliver()
    }
    peer.replies()
    peer.send(operationsFrame(2, [get(1), get(0), get(2)]))
    node.deliver()
    const [reply] = peer.replies()
    expect(reply?.sections.map(({ outcome }) => outcome)).toEqual([OUTCOME_EXECUTED, OUTCOME_STOPPED, OUTCOME_STOPPED])
    expect(reply?.sections[0]?.results[0]?.value.length).toBe(6 * MIB)
    peer.send(operationsFrame(3, [get(0), get(2)], FLAG_RESUME))
    node.deliver()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED, OUTCOME_STOPPED]])
    peer.send(operationsFrame(4, [get(2)], FLAG_RESUME))
    node.deliver()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED]])
  })

  it('keeps room for the headers of all sections behind a run', () => {
    const { node, peer, set, get } = open()
    const unknown = Array.from({ length: 1_000 }, (_, index): TestSection => ({ shard: 100 + index, operations: [] }))
    // So much that the next section fits with its own header, and not with those behind it.
    peer.send(operationsFrame(1, [set(0, 'v'.repeat(4 * MIB - 8_000))]))
    peer.replies()
    peer.send(operationsFrame(2, [get(0), get(1)]))
    node.deliver()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED, OUTCOME_EXECUTED]])
    peer.send(operationsFrame(3, [get(0), get(1), ...unknown]))
    node.deliver()
    expect(outcomes(peer)[0]?.slice(0, 3)).toEqual([OUTCOME_EXECUTED, OUTCOME_STOPPED, OUTCOME_UNKNOWN_SHARD])
  })

  it('holds no slab of any thread while it is sent', () => {
    const { node, peer, set, get } = open()
    const slabsAtRest = node.runtimes.map((runtime) => runtime.stats().slabsFree)
    const large = 'v'.repeat(3 * MIB)
    peer.send(operationsFrame(1, [set(0, large), set(1, large)]), operationsFrame(2, [get(0), get(1)]))
    node.deliver()
    expect(node.runtimes.map((runtime) => runtime.stats().slabsFree)).toEqual(slabsAtRest)
    expect(values(peer)[1]).toEqual([large, large])
  })
})

describe('a thread whose slabs are scarce', () => {
  const replySlabsMax = frameSlabsMax(SLAB_BYTES) + 8
  /** No memory for copies of what lies in slabs. */
  const noCopies = { heldBytesMax: 1, heldBytesOfAllMax: 1 }

  it('executes the runs of its siblings when it is their turn, and closes a reader that holds what they need', () => {
    const { node, peer, set, get } = open({ replySlabsMax, limits: { ...noCopies, slowReaderStarvingMs: 1_000 } })
    const holder = TestPeer.open(node.runtime(1))
    holder.send(operationsFrame(1, [set(1, 'v'.repeat(4 * MIB))]))
    holder.replies()
    holder.send(operationsFrame(2, [get(1)]))
    const late = TestPeer.open(node.runtime(1))
    peer.send(operationsFrame(1, [get(1)]))
    node.deliver()
    late.send(operationsFrame(1, [get(1)]))
    expect([peer.replies(), late.replies()]).toEqual([[], []])
    node.clock.advance(2_000)
    expect(holder.channel.isClosed).toBe(true)
    node.deliver()
    expect([outcomes(peer), outcomes(late)]).toEqual([[[OUTCOME_EXECUTED]], [[OUTCOME_EXECUTED]]])
  })

  it('makes a frame wait for its own runs too', () => {
    const { node, peer, set, get } = open({ replySlabsMax, limits: noCopies })
    const holder = TestPeer.open(node.runtime(0))
    holder.send(operationsFrame(1, [set(0, 'v'.repeat(4 * MIB))]))
    holder.replies()
    peer.send(operationsFrame(1, [set(1, '1'), set(0, '0')]))
    holder.send(operationsFrame(2, [get(0)]))
    node.deliver()
    expect(peer.replies()).toEqual([])
    holder.replies()
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED, OUTCOME_EXECUTED]])
  })
})
