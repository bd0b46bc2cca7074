import { describe, expect, it } from 'vitest'
import type { TestOperation } from '../../test/support/engine-harness.ts'
import { openTestRuntime, operationsFrame, TestPeer, type TestSection } from '../../test/support/server-harness.ts'
import { evenTopology } from '../cluster/topology.ts'
import {
  OP_GET,
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_STALE,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNKNOWN_SHARD,
  OUTCOME_UNSUPPORTED,
  OUTCOME_WRONG_SLOT,
} from '../protocol/codes.ts'
import { FLAG_RESUME, KIND_ERROR, REPLY_FRAME_BYTES_MAX } from '../protocol/frame.ts'
import { FRAME_OPS_MAX, REPLY_BYTES_MAX } from '../protocol/limits.ts'

const MIB = 1024 * 1024
const UNKNOWN_OPERATION = Uint8Array.of(0x3f, 1, 0x6b)
const MALFORMED_OPERATION = Uint8Array.of(1, 200, 0x6b)

function set(key: string, value: string): TestOperation {
  return { kind: 'set', key, value }
}

function get(key: string): TestOperation {
  return { kind: 'get', key }
}

function raw(bytes: Uint8Array): TestSection {
  return { operations: [], bytes, operationCount: 1 }
}

function open(options: Parameters<typeof openTestRuntime>[0] = {}): TestPeer {
  return TestPeer.open(openTestRuntime(options).runtime)
}

/** The outcomes of each frame's sections. */
function outcomes(peer: TestPeer): number[][] {
  return peer.replies().map(({ sections }) => sections.map(({ outcome }) => outcome))
}

function storedValue(peer: TestPeer, key: string): string | undefined {
  peer.send(operationsFrame(99, [{ operations: [get(key)] }], FLAG_RESUME))
  const [reply] = peer.replies()
  const value = reply?.sections[0]?.results[0]?.value
  return value === undefined ? undefined : Buffer.from(value).toString()
}

describe('fence', () => {
  it('refuses every frame behind one that was refused, until one resumes: the order of writes holds', () => {
    const peer = open()
    const first: TestSection = { operations: [set('k', 'first')], view: 7 }
    const second: TestSection = { operations: [set('k', 'second')] }
    peer.send(operationsFrame(1, [first]), operationsFrame(2, [second]), operationsFrame(3, [second]))
    expect(outcomes(peer)).toEqual([[OUTCOME_BEHIND], [OUTCOME_FENCED], [OUTCOME_FENCED]])
    peer.send(operationsFrame(4, [{ ...first, view: 1 }], FLAG_RESUME), operationsFrame(5, [second]))
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED], [OUTCOME_EXECUTED]])
    expect(storedValue(peer, 'k')).toBe('second')
  })

  it('is raised again by a resuming frame that is refused', () => {
    const peer = open()
    const bad: TestSection = { operations: [set('k', '1')], view: 0 }
    const good: TestSection = { operations: [set('k', '2')] }
    peer.send(operationsFrame(1, [bad]), operationsFrame(2, [bad], FLAG_RESUME), operationsFrame(3, [good]))
    expect(outcomes(peer)).toEqual([[OUTCOME_STALE], [OUTCOME_STALE], [OUTCOME_FENCED]])
  })

  it('holds for its own connection only', () => {
    const { runtime } = openTestRuntime()
    const fenced = TestPeer.open(runtime)
    const free = TestPeer.open(runtime)
    fenced.send(operationsFrame(1, [{ operations: [get('k')], view: 2 }]))
    free.send(operationsFrame(1, [{ operations: [get('k')] }]))
    expect([outcomes(fenced), outcomes(free)]).toEqual([[[OUTCOME_BEHIND]], [[OUTCOME_EXECUTED]]])
  })

  it('is not raised by an empty frame, which a fenced one does not lower', () => {
    const peer = open()
    peer.send(operationsFrame(1, []), operationsFrame(2, [{ operations: [get('k')] }]))
    expect(outcomes(peer)).toEqual([[], [OUTCOME_EXECUTED]])
    peer.send(operationsFrame(3, [{ operations: [get('k')], view: 2 }]), operationsFrame(4, []))
    peer.send(operationsFrame(5, [{ operations: [get('k')] }]))
    expect(outcomes(peer)).toEqual([[OUTCOME_BEHIND], [], [OUTCOME_FENCED]])
  })

  it('is raised by a section that a limit stopped, after which the rest is executed in order', () => {
    const peer = open()
    const values = ['a', 'b', 'c'].map((key) => set(key, key.repeat(5 * MIB)))
    for (const [index, operation] of values.entries()) peer.send(operationsFrame(index, [{ operations: [operation] }]))
    peer.replies()
    const reads = [get('a'), get('b'), get('c')]
    peer.send(operationsFrame(4, [{ operations: reads }]), operationsFrame(5, [{ operations: [set('c', 'new')] }]))
    const [stopped, fenced] = peer.replies()
    expect(stopped?.sections[0]).toMatchObject({ outcome: OUTCOME_STOPPED })
    expect(stopped?.sections[0]?.results.map(({ value }) => value.length)).toEqual([5 * MIB, 5 * MIB])
    expect(fenced?.sections[0]).toMatchObject({ outcome: OUTCOME_FENCED, results: [] })
    peer.send(operationsFrame(6, [{ operations: reads.slice(2) }], FLAG_RESUME))
    const [rest] = peer.replies()
    expect(rest?.sections[0]?.results[0]?.value.length).toBe(5 * MIB)
  })
})

describe('order of checks', () => {
  it('answers sections in the order of the request, each by its own shard and view', () => {
    const peer = open({ shards: 2 })
    peer.send(
      operationsFrame(1, [
        { operations: [get('a'), get('a')], shard: 1 },
        { operations: [get('a')], shard: 500 },
        { operations: [get('a')], shard: 0, view: 0 },
      ]),
    )
    const [reply] = peer.replies()
    expect(reply?.sections.map(({ shard, view, outcome, results }) => [shard, view, outcome, results.length])).toEqual([
      [1, 1, OUTCOME_EXECUTED, 2],
      [500, 0, OUTCOME_UNKNOWN_SHARD, 0],
      [0, 1, OUTCOME_STALE, 0],
    ])
  })

  it('executes its own sections beside those of unknown shards, which are checked as well', () => {
    const peer = open()
    const unknown: TestSection = { operations: [set('x', 'wrong'), set('y', 'wrong')], shard: 9 }
    peer.send(operationsFrame(1, [{ operations: [set('x', 'right')] }, unknown]))
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED, OUTCOME_UNKNOWN_SHARD]])
    expect(storedValue(peer, 'x')).toBe('right')
    expect(storedValue(peer, 'y')).toBe('')
    peer.send(operationsFrame(2, [{ operations: [set('x', 'never')] }, { ...raw(MALFORMED_OPERATION), shard: 9 }]))
    expect(peer.replies()).toMatchObject([{ kind: KIND_ERROR }])
  })

  it('executes nothing of a frame with a malformed section, and closes even behind the fence', () => {
    const { runtime } = openTestRuntime({ shards: 2 })
    const peer = TestPeer.open(runtime)
    peer.send(operationsFrame(1, [{ operations: [set('k', '1')], view: 3 }]))
    peer.send(operationsFrame(2, [{ operations: [set('k', '1')] }, { ...raw(MALFORMED_OPERATION), shard: 1 }]))
    const [fenced, error] = peer.replies()
    expect(fenced?.sections[0]?.outcome).toBe(OUTCOME_BEHIND)
    expect(error?.kind).toBe(KIND_ERROR)
    expect(runtime.stats()).toMatchObject({ operations: 0, records: 0, connections: 0, connectionsFailed: 1 })
  })

  it.each<[string, readonly TestSection[], number]>([
    ['an unknown operation', [{ operations: [set('k', '1')] }, { ...raw(UNKNOWN_OPERATION), shard: 1 }], 0],
    ['an unknown operation for an unknown shard', [{ operations: [] }, { ...raw(UNKNOWN_OPERATION), shard: 9 }], 0],
    ['a namespace', [{ operations: [set('k', '1')] }, { operations: [get('k')], shard: 1, namespace: 1 }], 0],
    ['an unknown required flag', [{ operations: [set('k', '1')] }, { operations: [get('k')], shard: 1 }], 0x02],
  ])('refuses the whole frame for %s, and the connection stays', (_, sections, flags) => {
    const { runtime } = openTestRuntime({ shards: 2 })
    const peer = TestPeer.open(runtime)
    peer.send(operationsFrame(1, sections, flags), operationsFrame(2, sections, flags))
    expect(outcomes(peer)).toEqual([
      [OUTCOME_UNSUPPORTED, OUTCOME_UNSUPPORTED],
      [OUTCOME_FENCED, OUTCOME_FENCED],
    ])
    expect(runtime.stats()).toMatchObject({ operations: 0, connections: 1, sectionsRefused: 4 })
  })

  it('refuses too many operations, before what is unsupported and after the fence', () => {
    const peer = open({ shards: 2 })
    const half = Array.from({ length: FRAME_OPS_MAX / 2 }, () => get('k'))
    const sections = [{ operations: half }, { operations: [...half, get('k')], shard: 1, namespace: 5 }]
    peer.send(operationsFrame(1, sections), operationsFrame(2, sections))
    expect(outcomes(peer)).toEqual([
      [OUTCOME_TOO_MANY_OPERATIONS, OUTCOME_TOO_MANY_OPERATIONS],
      [OUTCOME_FENCED, OUTCOME_FENCED],
    ])
    peer.send(operationsFrame(3, [{ operations: half }, { operations: half, shard: 1 }], FLAG_RESUME))
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED, OUTCOME_EXECUTED]])
  })

  it('does not look at operations that are too many, which would hold the thread for long', () => {
    const peer = open()
    // Gets of one-byte keys take three bytes each.
    const bytes = new Uint8Array(FRAME_OPS_MAX + 1).fill(OP_GET)
    const tooMany = { operations: [], bytes, operationCount: bytes.length }
    peer.send(operationsFrame(1, [tooMany]))
    expect(outcomes(peer)).toEqual([[OUTCOME_TOO_MANY_OPERATIONS]])
    peer.send(operationsFrame(2, [{ ...tooMany, operationCount: FRAME_OPS_MAX }], FLAG_RESUME))
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_ERROR])
  })

  it('stops before it creates a record in a slot of another shard', () => {
    // The slots of these keys lie in both halves: each shard meets one that belongs to the other.
    const peer = open({ shards: 2 })
    const operations = [set('k1', '1'), set('k2', '1'), set('k3', '1'), set('k4', '1')]
    peer.send(operationsFrame(1, [{ operations }, { operations, shard: 1 }]))
    const [reply] = peer.replies()
    const stops = reply?.sections.map(({ outcome }) => outcome)
    expect(stops).toContain(OUTCOME_WRONG_SLOT)
    expect(reply?.sections.every(({ outcome, results }) => outcome === OUTCOME_WRONG_SLOT && results.length < 4)).toBe(
      true,
    )
  })
})

describe('replies over several engines', () => {
  it('keeps them whole when results alternate between the slabs of two engines', () => {
    const peer = open({ topology: twoShardsOneSlotRange() })
    const values = [300_000, 10, 0, 700_000].map((bytes, index) => String(index).repeat(bytes))
    peer.send(operationsFrame(0, [{ operations: values.map((value, index) => set(`k${index}`, value)) }]))
    peer.replies()
    const reads = values.map((_, index) => get(`k${index}`))
    const frames = [1, 2, 3].map((sequence) =>
      operationsFrame(sequence, [{ operations: reads }, { operations: reads, shard: 1 }]),
    )
    peer.send(...frames)
    const replies = peer.replies()
    expect(replies).toHaveLength(3)
    for (const { sections } of replies) {
      expect(sections.map(({ outcome }) => outcome)).toEqual([OUTCOME_EXECUTED, OUTCOME_EXECUTED])
      expect(sections[0]?.results.map(({ value }) => Buffer.from(value).toString())).toEqual(values)
      expect(sections[1]?.results.map(({ value }) => value.length)).toEqual([0, 0, 0, 0])
    }
  })

  it('stops a section whose results might pass the largest frame that the client takes', () => {
    const { runtime } = openTestRuntime({ topology: twoShardsOneSlotRange() })
    const peer = TestPeer.open(runtime)
    const value = 'v'.repeat(6 * MIB)
    peer.send(operationsFrame(0, [{ operations: [set('k', value)] }]))
    peer.replies()
    peer.send(operationsFrame(1, [{ operations: [get('k')] }, { operations: [get('k')], shard: 1 }]))
    const [reply] = peer.replies()
    expect(reply?.sections.map(({ outcome }) => outcome)).toEqual([OUTCOME_EXECUTED, OUTCOME_STOPPED])
    expect(reply?.body.length).toBeLessThan(REPLY_FRAME_BYTES_MAX - REPLY_BYTES_MAX + 7 * MIB)
    peer.send(operationsFrame(2, [{ operations: [get('k')], shard: 1 }], FLAG_RESUME))
    expect(outcomes(peer)).toEqual([[OUTCOME_EXECUTED]])
  })
})

/** Shard 0 owns every slot, shard 1 none: reads of shard 1 find nothing, and no key needs to be chosen. */
function twoShardsOneSlotRange() {
  const { nodes, shards, number } = evenTopology({ nodes: [{ id: 'test', host: 'test', ports: [1] }], shardCount: 1 })
  const [first] = shards
  if (first === undefined) throw new Error('there is a shard')
  return { number, nodes, shards: [first, { ...first, id: 1, slots: [] }] }
}
