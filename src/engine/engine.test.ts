import { describe, expect, it } from 'vitest'
import { executeAll, executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { OP_GET, OP_SET, STATUS_NO_MEMORY, STATUS_OK, STATUS_VALUE } from '../protocol/codes.ts'
import { KEY_BYTES_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { SluiceError } from '../util/errors.ts'
import { CHECK_MALFORMED, CHECK_OK, CHECK_UNSUPPORTED, type Engine, STOPPED, WRONG_SLOT } from './index.ts'

const MIB = 1024 * 1024

function set(key: string | Uint8Array, value: string | Uint8Array): TestOperation {
  return { kind: 'set', key, value }
}

function get(key: string | Uint8Array): TestOperation {
  return { kind: 'get', key }
}

describe('sizes', () => {
  it('stores the shortest and the longest key and value, and answers a value over many slabs', () => {
    const engine = openTestEngine()
    const longKey = Buffer.alloc(KEY_BYTES_MAX, 'k')
    const longValue = Buffer.alloc(VALUE_BYTES_MAX)
    for (let at = 0; at < longValue.length; at += 4) longValue.writeUInt32LE(at, at)
    const operations = [set('a', ''), set(longKey, longValue), get('a'), get(longKey), get('a')]
    const { results } = executeSection(engine, operations)
    expect(results.map(({ status }) => status)).toEqual([
      STATUS_OK,
      STATUS_OK,
      STATUS_VALUE,
      STATUS_VALUE,
      STATUS_VALUE,
    ])
    expect(results[2]?.value.length).toBe(0)
    expect(Buffer.from(results[3]?.value ?? []).equals(longValue)).toBe(true)
    engine.checkInvariants()
  })

  it('ends a slab anywhere inside a value', () => {
    const engine = openTestEngine()
    for (let valueBytes = engine.slabBytes - 40; valueBytes < engine.slabBytes + 40; valueBytes++) {
      const value = Buffer.alloc(valueBytes, `${valueBytes},`)
      const { results } = executeSection(engine, [set('key', value), get('key'), get('key'), get('key')])
      for (const result of results.slice(1)) expect(Buffer.from(result.value).equals(value)).toBe(true)
    }
  })
})

describe('the limits of one frame', () => {
  it('stops before the operation whose result would pass replyBytesMax, and goes on in the next frame', () => {
    const engine = openTestEngine({ repeats: false })
    const value = Buffer.alloc(MIB, 'v')
    executeSection(engine, [set('big', value)])
    const operations = Array.from({ length: 20 }, () => get('big'))
    const reply = executeSection(engine, operations)
    expect(reply.outcome).toBe(STOPPED)
    expect(reply.results.length).toBe(Math.floor(REPLY_BYTES_MAX / (MIB + 16)))
    expect(reply.bytes.length).toBeLessThanOrEqual(REPLY_BYTES_MAX)
    expect(executeSection(engine, operations.slice(reply.results.length)).results.length).toBeGreaterThan(0)
  })
})

describe('memory exhausted', () => {
  it('gives that operation an error status and keeps everything stored intact', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB })
    const stored = new Map<string, string>()
    let refused = 0
    for (let index = 0; index < 4_000; index++) {
      const key = `key:${index}`
      const value = `${index}`.repeat(200)
      const status = executeSection(engine, [set(key, value)]).results[0]?.status
      if (status === STATUS_OK) stored.set(key, value)
      else expect(status).toBe(STATUS_NO_MEMORY)
      if (status === STATUS_NO_MEMORY) refused++
    }
    expect(refused).toBeGreaterThan(100)
    expect(stored.size).toBeGreaterThan(100)
    // A larger value for a stored key fails as well, and leaves the old one.
    const [first] = stored.keys()
    const larger = executeSection(engine, [set(first as string, Buffer.alloc(2 * MIB))]).results[0]
    expect(larger?.status).toBe(STATUS_NO_MEMORY)
    engine.checkInvariants()
    for (const [key, value] of stored) expect(Buffer.from(storedValue(engine, key)).toString()).toBe(value)
    expect(engine.stats().heapBytes).toBeLessThanOrEqual(2 * MIB)
  })

  it('reuses what deletes free, for values of any other size', () => {
    const engine = openTestEngine({ memoryBytesMax: 8 * MIB })
    for (const valueBytes of [100, 5_000, 40, 1_000_000, 700]) {
      const count = Math.floor((5 * MIB) / (valueBytes + 40))
      const keys = Array.from({ length: count }, (_, index) => `${valueBytes}:${index}`)
      const written = executeAll(
        engine,
        keys.map((key) => set(key, Buffer.alloc(valueBytes))),
      )
      expect(written.results.every(({ status }) => status === STATUS_OK)).toBe(true)
      executeAll(
        engine,
        keys.map((key) => ({ kind: 'delete', key })),
      )
      engine.checkInvariants()
    }
    expect(engine.stats()).toMatchObject({ records: 0, keyBytes: 0, valueBytes: 0 })
  })
})

describe('slots', () => {
  it('creates no record in a slot that is not owned, and still serves the records that are there', () => {
    const engine = openTestEngine()
    executeSection(engine, [set('{tag}a', '1')])
    engine.setOwnedSlots(new Uint8Array(2048))
    const reply = executeSection(engine, [set('{tag}a', '2'), get('{tag}a'), set('{tag}b', '3'), get('{tag}a')])
    expect(reply.outcome).toBe(WRONG_SLOT)
    expect(reply.results.length).toBe(2)
    expect(Buffer.from(storedValue(engine, '{tag}a')).toString()).toBe('2')
  })
})

describe('staging', () => {
  it.each([
    ['too few operations', [OP_GET, 1, 97], 2, CHECK_MALFORMED],
    ['bytes behind the last operation', [OP_GET, 1, 97, 0], 1, CHECK_MALFORMED],
    ['a key that passes the end', [OP_GET, 5, 97], 1, CHECK_MALFORMED],
    ['an empty key', [OP_GET, 0], 1, CHECK_MALFORMED],
    ['a length in a longer form than it needs', [OP_GET, 253, 1, 0, 97], 1, CHECK_MALFORMED],
    ['a length cut short', [OP_GET, 253, 1], 1, CHECK_MALFORMED],
    ['the reserved length', [OP_GET, 255, 97], 1, CHECK_MALFORMED],
    ['a value length that overflows when added', [OP_SET, 1, 254, 255, 255, 255, 255, 97], 1, CHECK_MALFORMED],
    ['a value larger than allowed', [OP_SET, 1, 254, 1, 0, 128, 0, 97], 1, CHECK_MALFORMED],
    ['operation 0', [0, 1, 97], 1, CHECK_UNSUPPORTED],
    ['an operation from the future', [63, 1, 97], 1, CHECK_UNSUPPORTED],
    ['bit 6 of the operation byte', [OP_GET | 64, 1, 97], 1, CHECK_UNSUPPORTED],
    ['nothing at all', [], 0, CHECK_OK],
  ])('answers %s', (_name, bytes, count, expected) => {
    expect(openTestEngine().stage(new Uint8Array(bytes), count)).toBe(expected)
  })
})

describe('options', () => {
  it.each([
    { memoryBytesMax: 1000 },
    { memoryBytesMax: 2 ** 33 },
    { secret: new Uint8Array(31) },
    { versionStart: -1n },
    { ownedSlots: new Uint8Array(1) },
    { replySlabsMax: 0 },
  ])('refuses %o', (options) => {
    expect(() => openTestEngine(options)).toThrow(SluiceError)
  })
})

function storedValue(engine: Engine, key: string): Uint8Array {
  return executeSection(engine, [get(key)]).results[0]?.value ?? new Uint8Array()
}
