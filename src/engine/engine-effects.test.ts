// Effects: the stream of all changes, for a log or a copy; and nothing of it when nobody asks.

import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import {
  encodeOperations,
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  takeEffects,
  testSecret,
} from '../../test/support/engine-harness.ts'
import { STATUS_OK } from '../protocol/codes.ts'
import { VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { SluiceError } from '../util/errors.ts'
import { type Engine, EXECUTED } from './index.ts'

const MIB = 1024 * 1024

function set(key: string, value: string | Uint8Array = 'v', expiryMs?: number): TestOperation {
  return { kind: 'set', key, value, expiryMs }
}

function follower(effects = false): Engine {
  return openTestEngine({ secret: testSecret(99), effects })
}

describe('effects', () => {
  it('are not emitted when nobody asks', () => {
    const engine = openTestEngine()
    executeAll(engine, [set('a'), set('b', 'v', 5), { kind: 'delete', key: 'a' }, { kind: 'clear' }], 1)
    executeAll(engine, [{ kind: 'atomic', count: 1 }, set('c')], 10)
    expect(engine.effects()).toMatchObject({ count: 0, firstPosition: 0 })
    expect(engine.effects().bytes.length).toBe(0)
    expect(engine.stats().effectPosition).toBe(0)
  })

  it('are not emitted for what changes nothing', () => {
    const engine = openTestEngine({ effects: true })
    executeSection(engine, [set('a', 'text')])
    const { effects } = executeSection(engine, [
      { kind: 'get', key: 'a' },
      { kind: 'exists', key: 'a' },
      { kind: 'delete', key: 'none' },
      { kind: 'expire', key: 'none' },
      { kind: 'add', key: 'a', delta: 1n },
      { kind: 'write-range', key: 'a', offset: 9, value: '' },
      { kind: 'write-range', key: 'a', offset: VALUE_BYTES_MAX, value: 'x' },
      { ...set('a'), condition: 1 },
      { kind: 'scan', cursor: 0n, count: 10 },
      { kind: 'random-key' },
      { kind: 'count' },
    ])
    expect(effects.length).toBe(0)
  })

  it('have consecutive positions, however they are taken', () => {
    const engine = openTestEngine({ effects: true })
    const positions: number[] = []
    for (let round = 0; round < 20; round++) {
      const operations = Array.from({ length: round }, (_, index) => set(`${round}:${index}`))
      engine.stage(encodeOperations(operations), operations.length)
      expect(engine.execute(operations.length, 1, 0, 0)).toBe(EXECUTED)
      if (round % 3 !== 0) continue
      const { count, firstPosition } = engine.effects()
      for (let index = 0; index < count; index++) positions.push(firstPosition + index)
      engine.clearEffects()
    }
    expect(positions).toEqual(positions.map((_, index) => index))
    expect(positions.length).toBeGreaterThan(100)
  })

  it('stop a section when their buffer is full, and lose nothing', () => {
    const engine = openTestEngine({ effects: true })
    const copy = follower()
    const large = Buffer.alloc(3 * MIB, 'l')
    copy.applyEffects(executeSection(engine, [set('a', large), set('b', large)]).effects, 1)
    const member = (key: string): TestOperation => ({ kind: 'write-range', key, offset: 1, value: 'xy' })
    const operations: TestOperation[] = [
      ...Array.from({ length: 6 }, () => member('a')),
      { kind: 'atomic', count: 4 },
      ...[member('a'), member('b'), member('a'), member('b')],
      ...Array.from({ length: 6 }, () => member('b')),
    ]
    const reply = executeAll(engine, operations)
    expect(reply.effectsFull).toBeGreaterThan(1)
    for (const { start, end } of decodeEffects(reply.effects)) copy.applyEffects(reply.effects.subarray(start, end), 1)
    expect(copy.digest()).toBe(engine.digest())
    expect(decodeEffects(reply.effects).length).toBe(16)
  })

  it('that find no room for a removal hold the write back, and do not refuse it', () => {
    const engine = openTestEngine({ effects: true, memoryBytesMax: MIB })
    const value = Buffer.alloc(100_200)
    const dated = Array.from({ length: 12 }, (_, index) => set(`${index}`.padEnd(65_000, 'long'), '', 2_000))
    executeAll(engine, [set('re-dated', value, 9_000), ...dated], 1)
    for (let index = 0; executeAll(engine, [set(`${index}`, 'v')], 1).results[0]?.status === STATUS_OK; index++);
    // So many leave room for the effect of a short record, but not for that of a long key.
    const fill = Array.from(
      { length: 167 },
      (): TestOperation => ({ kind: 'expire', key: 're-dated', expiryMs: 9_000 }),
    )
    const reply = executeAll(engine, [...fill, set('new', 'v')], 5_000)
    expect(reply.effectsFull).toBe(1)
    expect(reply.results.at(-1)?.status).toBe(STATUS_OK)
    engine.checkInvariants()
  })

  it('bring another engine to the same state at every point', () => {
    const engine = openTestEngine({ effects: true })
    const copy = follower()
    const operations = Array.from({ length: 5_000 }, (_, index): TestOperation => {
      if (index % 7 === 0) return { kind: 'delete', key: `${index % 300}` }
      if (index % 1_111 === 0) return { kind: 'clear' }
      return set(`${index % 1_000}`, `${index}`, index % 5 ? undefined : index)
    })
    for (let at = 0; at < operations.length; at += 250) {
      copy.applyEffects(executeAll(engine, operations.slice(at, at + 250), at).effects, at)
      expect(copy.digest()).toBe(engine.digest())
      expect(copy.stats()).toMatchObject({ records: engine.stats().records, version: engine.stats().version })
      copy.checkInvariants()
    }
    // Its expired records go when the stream says so, not before.
    engine.maintain(10_000, 10_000)
    copy.applyEffects(takeEffects(engine), 10_000)
    expect(copy.digest()).toBe(engine.digest())
    expect(copy.stats().expiring).toBe(0)
  })

  it('pass through a chain of engines', () => {
    const engine = openTestEngine({ effects: true })
    const [middle, last] = [follower(true), follower()]
    const { effects } = executeAll(engine, [set('a'), set('b', 'v', 5), { kind: 'delete', key: 'a' }, set('b')], 10)
    expect(middle.applyEffects(effects, 10)).toBe(effects.length)
    const passed = takeEffects(middle)
    expect(Buffer.compare(passed, effects)).toBe(0)
    last.applyEffects(passed, 10)
    expect(last.digest()).toBe(engine.digest())
  })

  it('are applied as far as the own buffer of effects has room', () => {
    const engine = openTestEngine({ effects: true })
    const middle = follower(true)
    const { effects } = executeAll(engine, [set('a', Buffer.alloc(7 * MIB)), set('b', Buffer.alloc(7 * MIB))])
    expect(middle.applyEffects(effects, 1)).toBe(effects.length)
    const more = executeAll(engine, [set('c', Buffer.alloc(3 * MIB)), set('d', Buffer.alloc(10))]).effects
    expect(middle.applyEffects(more, 1)).toBe(0)
    middle.clearEffects()
    expect(middle.applyEffects(more, 1)).toBe(more.length)
    expect(middle.digest()).toBe(engine.digest())
  })
})

describe('a stream that does not fit', () => {
  const engine = openTestEngine({ effects: true })
  const first = executeSection(engine, [set('a'), set('b', 'v', 1_000)], 1).effects
  const second = executeSection(engine, [{ kind: 'delete', key: 'a' }, set('c')], 1).effects

  it('is refused where it is cut, and applied up to there', () => {
    const ends = decodeEffects(first).map((effect) => effect.end)
    for (let end = 1; end < first.length; end++) {
      if (ends.includes(end)) continue
      const copy = follower()
      expect(() => copy.applyEffects(first.slice(0, end), 1)).toThrow(SluiceError)
      expect(copy.stats().records).toBe(ends.filter((whole) => whole <= end).length)
      copy.checkInvariants()
    }
  })

  it('is refused when it is out of order, repeated or another one', () => {
    const copy = follower()
    copy.applyEffects(first, 1)
    expect(() => copy.applyEffects(first, 1)).toThrow(SluiceError)
    expect(copy.stats().records).toBe(2)
    copy.applyEffects(second, 1)
    expect(copy.digest()).toBe(engine.digest())
    // Removes a record that is not there.
    expect(() => follower().applyEffects(second, 1)).toThrow(SluiceError)
  })

  it('is refused for lack of memory without harm', () => {
    const small = openTestEngine({ memoryBytesMax: MIB, effects: true, secret: testSecret(5) })
    const { effects } = executeAll(openTestEngine({ effects: true }), [
      set('a'),
      set('big', Buffer.alloc(2 * MIB)),
      set('b'),
    ])
    expect(() => small.applyEffects(effects, 1)).toThrow(/no memory/)
    expect(small.stats().records).toBe(1)
    small.checkInvariants()
  })

  it('never makes a copy remove or evict by itself', () => {
    const source = openTestEngine({ effects: true, memoryBytesMax: 64 * MIB })
    const copy = openTestEngine({ memoryBytesMax: MIB, eviction: 'any', secret: testSecret(5) })
    const operations = Array.from({ length: 20_000 }, (_, index) => set(`${index}`, 'v'.repeat(50), 10))
    const { effects } = executeAll(source, operations, 1)
    expect(() => copy.applyEffects(effects, 100)).toThrow(/no memory/)
    expect(copy.stats()).toMatchObject({ expired: 0, evicted: 0 })
    copy.checkInvariants()
  })

  it('has memory for two clears, one behind the other, where memory is full', () => {
    const source = openTestEngine({ memoryBytesMax: MIB, effects: true })
    const copy = openTestEngine({ memoryBytesMax: 2 * MIB, secret: testSecret(5) })
    for (let round = 0; round < 3; round++) {
      const operations = Array.from({ length: 30_000 }, (_, index) => set(`${round}:${index}`, ''))
      copy.applyEffects(executeAll(source, operations).effects, 1)
      copy.applyEffects(executeAll(source, [{ kind: 'clear' }, { kind: 'clear' }]).effects, 1)
      expect(copy.digest()).toBe(source.digest())
      copy.checkInvariants()
    }
  })
})
