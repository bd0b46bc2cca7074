// Atomic groups: conditions first, against the state before the group; then all of it or nothing, and nothing of a
// group that is taken back is left: no record, no effect, no memory.

import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import {
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  type TestResult,
} from '../../test/support/engine-harness.ts'
import {
  CONDITION_ABSENT,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
  STATUS_UNMET,
  STATUS_UNMET_VALUE,
  STATUS_UNMET_VERSION,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import { ATOMIC_OPS_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { type Engine, EXECUTED, STOPPED, WRONG_SLOT } from './index.ts'

const MIB = 1024 * 1024

function set(key: string, value: string | Uint8Array, fields: Partial<TestOperation> = {}): TestOperation {
  return { kind: 'set', key, value, ...fields }
}

function get(key: string): TestOperation {
  return { kind: 'get', key }
}

function group(members: readonly TestOperation[]): TestOperation[] {
  return [{ kind: 'atomic', count: members.length }, ...members]
}

function statuses({ results }: { readonly results: readonly TestResult[] }): number[] {
  return results.map(({ status }) => status)
}

function text(result: TestResult | undefined): string {
  return Buffer.from(result?.value ?? []).toString()
}

/** Everything that must be as before when a group was taken back. */
function snapshot(engine: Engine): unknown {
  const { records, keyBytes, valueBytes, heapUsedBytes, expiring, effectPosition } = engine.stats()
  return { records, keyBytes, valueBytes, heapUsedBytes, expiring, effectPosition, digest: engine.digest() }
}

describe('conditions of a group', () => {
  it('are checked first, against the state before it', () => {
    const engine = openTestEngine()
    const members = [set('a', '1', { condition: CONDITION_ABSENT }), set('a', '2', { condition: CONDITION_ABSENT })]
    expect(statuses(executeSection(engine, group(members)))).toEqual([STATUS_OK, STATUS_OK, STATUS_OK])
    expect(text(executeSection(engine, [get('a')]).results[0])).toBe('2')
    // The record is there now: neither holds, and the member without a condition is aborted.
    const again = executeSection(engine, group([...members, set('b', '3')]))
    expect(statuses(again)).toEqual([STATUS_ABORTED, STATUS_UNMET, STATUS_UNMET, STATUS_ABORTED])
  })

  it('say what they met', () => {
    const engine = openTestEngine()
    executeSection(engine, [set('a', 'old')])
    const wrong = { condition: CONDITION_VERSION, version: 5n } as const
    const { results } = executeSection(
      engine,
      group([
        set('a', 'x', { ...wrong, withVersion: true }),
        set('a', 'x', { ...wrong, previous: true }),
        { kind: 'delete', key: 'none', ...wrong, withVersion: true, previous: true },
        set('a', 'x', { condition: CONDITION_PRESENT }),
      ]),
    )
    expect(results.map(({ status }) => status)).toEqual([
      STATUS_ABORTED,
      STATUS_UNMET_VERSION,
      STATUS_UNMET_VALUE,
      STATUS_UNMET,
      STATUS_ABORTED,
    ])
    expect(results[1]?.version).toBe(1001n)
    expect(text(results[2])).toBe('old')
  })

  it('answer with values as far as the reply has room for them', () => {
    const engine = openTestEngine()
    executeSection(engine, [set('big', Buffer.alloc(VALUE_BYTES_MAX, 'b'))])
    const member = set('big', '', { condition: CONDITION_ABSENT, previous: true })
    const { results, bytes } = executeSection(engine, group([member, member, member]))
    expect(results.map(({ status }) => status)).toEqual([
      STATUS_ABORTED,
      STATUS_UNMET_VALUE,
      STATUS_UNMET,
      STATUS_UNMET,
    ])
    expect(bytes.length).toBeLessThanOrEqual(REPLY_BYTES_MAX)
  })
})

describe('a group that is taken back', () => {
  const prepared = [
    set('number', '41'),
    set('text', 'abc'),
    set('word', 'no number'),
    set('limit', `${2n ** 63n - 1n}`),
    set('dated', 'x', { expiryMs: 1_000_000 }),
    set('large', Buffer.alloc(300_000, 'l')),
  ]
  const changes: TestOperation[] = [
    { kind: 'add', key: 'number', delta: 1n },
    set('new', 'n'),
    { kind: 'append', key: 'large', value: 'tail' },
    { kind: 'delete', key: 'text' },
    set('text', 'again', { expiryMs: 5_000_000 }),
    { kind: 'expire', key: 'dated' },
    { kind: 'delete', key: 'new' },
    set('new', 'newer'),
    { kind: 'write-range', key: 'dated', offset: 100, value: 'y' },
  ]

  it.each<[string, TestOperation, number]>([
    ['no number', { kind: 'add', key: 'word', delta: 1n }, STATUS_NOT_A_NUMBER],
    ['an overflow', { kind: 'add', key: 'limit', delta: 1n }, STATUS_OVERFLOW],
    [
      'a value too large',
      { kind: 'write-range', key: 'number', offset: VALUE_BYTES_MAX, value: 'x' },
      STATUS_TOO_LARGE,
    ],
    ['an unmet condition', set('number', '', { condition: CONDITION_ABSENT }), STATUS_UNMET],
  ])('for %s leaves everything as it was', (_name, failing, status) => {
    const engine = openTestEngine({ effects: true })
    executeSection(engine, prepared, 1)
    for (let at = 0; at <= changes.length; at++) {
      const before = snapshot(engine)
      const members = [...changes.slice(0, at), failing, ...changes.slice(at)]
      const reply = executeSection(engine, group(members), 1)
      const expected = members.map((member) => (member === failing ? status : STATUS_ABORTED))
      expect(statuses(reply)).toEqual([STATUS_ABORTED, ...expected])
      expect(reply.effects.length).toBe(0)
      expect(snapshot(engine)).toEqual(before)
      engine.checkInvariants()
    }
  })

  it('for lack of memory leaves everything as it was', () => {
    const engine = openTestEngine({ memoryBytesMax: MIB, effects: true })
    executeSection(engine, prepared, 1)
    const before = snapshot(engine)
    const large = [set('x', Buffer.alloc(300_000)), set('y', Buffer.alloc(300_000)), set('z', Buffer.alloc(300_000))]
    const reply = executeAll(engine, group([...changes, ...large]), 1)
    expect(new Set(statuses(reply).slice(1))).toEqual(new Set([STATUS_ABORTED]))
    expect(reply.results[0]?.status).toBe(STATUS_NO_MEMORY)
    expect(snapshot(engine)).toEqual(before)
    engine.checkInvariants()
  })

  it('for a slot of another shard is not executed at all', () => {
    const engine = openTestEngine({ effects: true })
    executeSection(engine, prepared, 1)
    engine.setOwnedSlots(new Uint8Array(2048))
    const before = snapshot(engine)
    const reply = executeSection(engine, [get('text'), ...group([set('text', '2'), set('elsewhere', '3')])], 1)
    expect(reply.outcome).toBe(WRONG_SLOT)
    expect(reply.results.length).toBe(1)
    expect(snapshot(engine)).toEqual(before)
  })

  it('leaves no record without its time in an index that grew meanwhile', () => {
    for (let records = 1; records < 60; records++) {
      const engine = openTestEngine()
      const dated = Array.from({ length: records }, (_, index) => set(`${index}`, 'v', { expiryMs: 2_000 }))
      executeSection(engine, dated, 1)
      const { entriesMoved } = engine.stats()
      const changes = dated.map(({ key }): TestOperation => ({ kind: 'expire', key }))
      const grow = Array.from({ length: 200 }, (_, index) => set(`new:${index}`, ''))
      const failing: TestOperation = { kind: 'add', key: 'new:1', delta: 1n }
      expect(statuses(executeSection(engine, group([...changes, ...grow, failing]), 1))[0]).toBe(STATUS_ABORTED)
      expect(engine.stats().entriesMoved).toBeGreaterThan(entriesMoved)
      engine.checkInvariants()
      engine.maintain(5_000, 1_000)
      expect(engine.stats()).toMatchObject({ records: 0, expired: records })
    }
  })

  it('keeps an expired record removed or whole, but never shows it', () => {
    const engine = openTestEngine({ effects: true })
    executeSection(engine, [...prepared, set('dated', 'x', { expiryMs: 10 })], 1)
    const failing: TestOperation = { kind: 'add', key: 'text', delta: 1n }
    for (let round = 0; round < 3; round++) {
      const reply = executeSection(engine, [...group([set('dated', 'new'), failing]), get('dated')], 20)
      expect(statuses(reply)).toEqual([STATUS_ABORTED, STATUS_ABORTED, STATUS_NOT_A_NUMBER, STATUS_MISSING])
      engine.checkInvariants()
    }
    expect(statuses(executeSection(engine, group([set('dated', 'new'), get('dated')]), 20)).at(-1)).toBe(STATUS_VALUE)
  })
})

describe('a group that takes effect', () => {
  it('shows its own writes to its reads, in order', () => {
    const engine = openTestEngine()
    const reply = executeSection(
      engine,
      group([
        get('a'),
        set('a', '1'),
        get('a'),
        { kind: 'append', key: 'a', value: '2' },
        get('a'),
        { kind: 'add', key: 'a', delta: 30n },
        get('a'),
        { kind: 'delete', key: 'a', previous: true },
        get('a'),
        set('a', 'last'),
        get('a'),
      ]),
    )
    const values = reply.results.map((result) =>
      result.status === STATUS_NUMBER
        ? `${result.number}`
        : result.status === STATUS_MISSING
          ? 'missing'
          : text(result),
    )
    expect(values).toEqual(['', 'missing', '', '1', '2', '12', '42', '42', '42', 'missing', '', 'last'])
    engine.checkInvariants()
  })

  it.each([1, 31, 32, 33, 64, 65, 500, ATOMIC_OPS_MAX])('may have %i operations, anywhere in a frame', (count) => {
    for (const before of [0, 1, 30, 31, 32, 40]) {
      const engine = openTestEngine()
      const gets = Array.from({ length: before }, (_, index) => get(`${index}`))
      const members = Array.from({ length: count }, (_, index) => set(`${index % 300}`, `${index}`))
      const reply = executeAll(engine, [...gets, ...group(members), ...gets])
      expect(reply.outcome).toBe(EXECUTED)
      expect(statuses(reply)).toEqual([
        ...gets.map(() => STATUS_MISSING),
        STATUS_OK,
        ...members.map(() => STATUS_OK),
        ...gets.map(({ key }) => (Number(key) < count ? STATUS_VALUE : STATUS_MISSING)),
      ])
      for (const [index, { key }] of gets.entries()) {
        const last = Math.max(...members.flatMap((member, at) => (member.key === key ? [at] : [])))
        const result = reply.results[before + 1 + count + index]
        if (Number(key) < count) expect(text(result)).toBe(`${last}`)
      }
      engine.checkInvariants()
    }
  })

  it('answers large values over many slabs, each as it was at its operation', () => {
    const engine = openTestEngine({ effects: true })
    const value = (fill: string): Buffer => Buffer.alloc(700_001, fill)
    const members = [
      set('a', value('1')),
      get('a'),
      set('a', value('2'), { previous: true }),
      get('a'),
      { kind: 'delete', key: 'a', previous: true } as const,
      set('a', value('3')),
      get('a'),
    ]
    const reply = executeSection(engine, [...group(members), get('a')])
    const shown = reply.results.map((result) => (result.value.length > 0 ? text(result)[700_000] : undefined))
    const none = undefined
    expect(shown).toEqual([none, none, '1', '1', '2', '2', none, '3', '3'])
    engine.checkInvariants()
    executeSection(engine, [{ kind: 'delete', key: 'a' }])
    expect(engine.stats()).toMatchObject({ records: 0, valueBytes: 0 })
    expect(engine.stats().heapUsedBytes).toBeLessThan(10_000)
  })

  it('emits its effects when it takes effect, in order and with rising versions', () => {
    const engine = openTestEngine({ effects: true })
    const members = [set('a', '1'), set('b', '2'), { kind: 'delete', key: 'a' } as const, set('a', '3')]
    const effects = decodeEffects(executeSection(engine, [set('first', ''), ...group(members)]).effects)
    expect(effects.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'set first',
      'set a',
      'set b',
      'remove a',
      'set a',
    ])
    expect(effects.map(({ version }) => version)).toEqual([1001n, 1002n, 1003n, 1004n, 1005n])
  })
})

describe('the limits of a group', () => {
  const large = Buffer.alloc(MIB, 'v')

  it('stop it where it would pass the frame, and let it begin the next one', () => {
    const engine = openTestEngine({ repeats: false })
    executeSection(engine, [set('big', large)])
    const gets = Array.from({ length: 8 }, () => get('big'))
    const reply = executeSection(engine, [...gets, ...group([set('a', '1'), ...gets])])
    expect(reply.outcome).toBe(STOPPED)
    expect(reply.results.length).toBe(8)
    expect(statuses(executeSection(engine, [get('a')]))).toEqual([STATUS_MISSING])
    const all = executeAll(engine, [...gets, ...group([set('a', '1'), ...gets])])
    expect(all.frames).toBe(2)
    expect(all.results.length).toBe(18)
    expect(all.results[8]?.status).toBe(STATUS_OK)
  })

  it('refuse it when no reply could hold its results', () => {
    const engine = openTestEngine({ effects: true })
    executeSection(engine, [set('big', large)])
    const before = snapshot(engine)
    const reply = executeAll(
      engine,
      group([set('a', '1'), ...Array.from({ length: 12 }, () => get('big')), set('b', '1')]),
    )
    expect(reply.results[0]?.status).toBe(STATUS_TOO_LARGE)
    expect(new Set(statuses(reply).slice(1))).toEqual(new Set([STATUS_ABORTED]))
    expect(snapshot(engine)).toEqual(before)
  })

  it('hold for the results of one that fails, too', () => {
    const engine = openTestEngine({ repeats: false })
    // Leaves less of the reply than the group's results need.
    const reply = (fill: number): number => REPLY_BYTES_MAX - 6 - 24 - fill
    executeSection(engine, [set('most', Buffer.alloc(VALUE_BYTES_MAX)), set('text', 'x')])
    for (const fill of [0, 1, 100, 1_000, 20_000]) {
      executeSection(engine, [set('rest', Buffer.alloc(reply(fill) - VALUE_BYTES_MAX - 6))])
      for (const failing of [
        set('most', '', { condition: CONDITION_ABSENT }),
        { kind: 'add', key: 'text', delta: 1n } as const,
      ]) {
        const members = [failing, ...Array.from({ length: ATOMIC_OPS_MAX - 1 }, () => get('none'))]
        const section = executeSection(engine, [get('most'), get('rest'), ...group(members), get('most')])
        expect(section.bytes.length).toBeLessThanOrEqual(REPLY_BYTES_MAX)
        expect(section.outcome).toBe(STOPPED)
      }
    }
  })

  it('let a group find the room that eviction can make for it', () => {
    const engine = openTestEngine({ memoryBytesMax: MIB, eviction: 'any' })
    executeAll(
      engine,
      Array.from({ length: 10_000 }, (_, index) => set(`old:${index}`, 'v'.repeat(100))),
    )
    const members = Array.from({ length: 500 }, (_, index) => set(`new:${index}`, 'w'.repeat(1_000)))
    const reply = executeAll(engine, group(members))
    expect(reply.results[0]?.status).toBe(STATUS_OK)
    engine.checkInvariants()
    const found = executeAll(
      engine,
      members.map(({ key }) => get(key as string)),
    )
    expect(new Set(statuses(found))).toEqual(new Set([STATUS_VALUE]))
  })
})
