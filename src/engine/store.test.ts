import { describe, expect, it } from 'vitest'
import { codeOf, openTestStore } from '../../test/support/store-harness.ts'
import { VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { openStore } from './index.ts'

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** `toEqual` takes a second for a megabyte. */
const isSame = (found: Uint8Array | undefined, value: Uint8Array): boolean =>
  found !== undefined && Buffer.compare(found, value) === 0

describe('a store', () => {
  it('keeps text and bytes, and hands out either', () => {
    const { store } = openTestStore()
    expect(store.set('greeting', 'hello')).toBe(true)
    expect(store.get('greeting')).toBe('hello')
    expect(store.bytes.get('greeting')).toEqual(utf8('hello'))
    expect(store.set(Uint8Array.of(0, 255), Uint8Array.of(1, 2, 3))).toBe(true)
    expect(store.bytes.get(Uint8Array.of(0, 255))).toEqual(Uint8Array.of(1, 2, 3))
    expect(store.bytes.get(Buffer.of(0, 255))).toEqual(Uint8Array.of(1, 2, 3))
    expect(store.size).toBe(2)
    expect(store.bytes.bytes).toBe(store.bytes.bytes)
  })

  it('says undefined or false for what is not there', () => {
    const { store } = openTestStore()
    expect(store.get('nobody')).toBeUndefined()
    expect(store.bytes.get('nobody')).toBeUndefined()
    expect(store.getRecord('nobody')).toBeUndefined()
    expect(store.take('nobody')).toBeUndefined()
    expect(store.readRange('nobody', 0, 1)).toBeUndefined()
    expect(store.ttlMs('nobody')).toBeUndefined()
    expect(store.randomKey()).toBeUndefined()
    expect([store.has('nobody'), store.delete('nobody'), store.expire('nobody', 1)]).toEqual([false, false, false])
    expect([...store]).toEqual([])
  })

  it('hands out bytes that belong to the caller', () => {
    const { store } = openTestStore()
    for (const bytes of [3, 64, 65, 1_024, 5_000, 300_000]) {
      const value = new Uint8Array(bytes).fill(7)
      store.set('value', value)
      value.fill(1)
      const first = store.bytes.get('value')
      const second = store.bytes.take('value')
      store.set('value', new Uint8Array(bytes).fill(9))
      expect(isSame(first, new Uint8Array(bytes).fill(7))).toBe(true)
      first?.fill(2)
      expect(isSame(second, new Uint8Array(bytes).fill(7))).toBe(true)
      expect(first?.buffer).not.toBeInstanceOf(SharedArrayBuffer)
    }
  })

  it.each([
    ['ASCII', 'k', 'plain'],
    ['two bytes a unit', 'schlüssel', 'größe'],
    ['three bytes a unit', '鍵', '値'.repeat(100)],
    ['surrogate pairs', '🔑', '😀'.repeat(70)],
    ['byte order marks', '\ufeffkey', '\ufeffvalue'],
    ['text whose length takes more bytes than its units', 'é'.repeat(200), 'é'.repeat(200)],
    ['text that becomes 65,536 bytes and more', 'é'.repeat(30_000), 'é'.repeat(40_000)],
    ['nothing', 'empty', ''],
  ])('keeps text of %s', (_name, key, value) => {
    const { store, checkInvariants } = openTestStore()
    store.set('before', 'b')
    expect(store.set(key, value, { ttlMs: 5 })).toBe(true)
    expect(store.get(key)).toBe(value)
    expect(store.get(utf8(key))).toBe(value)
    expect(store.bytes.get(key)).toEqual(utf8(value))
    expect(store.exchange(key, value)).toMatchObject({ written: true, previous: value })
    expect([...store.keys()].sort()).toEqual(['before', key].sort())
    expect(store.append(key, value)).toBe(2 * utf8(value).length)
    expect(store.take(key)).toBe(value + value)
    checkInvariants()
  })

  it('writes U+FFFD for a lone surrogate and for malformed bytes', () => {
    const { store } = openTestStore()
    store.set('\ud800', 'lone')
    expect(store.get('\ufffd')).toBe('lone')
    store.set('malformed', Uint8Array.of(0x61, 0xff))
    expect(store.get('malformed')).toBe('a\ufffd')
  })

  it('keeps values of any length, over several slabs', () => {
    const { store, checkInvariants } = openTestStore({ maxBytes: 64 * 1024 * 1024 })
    for (const bytes of [252, 253, 65_535, 65_536, 262_000, 262_100, 262_144, 3_000_000, VALUE_BYTES_MAX]) {
      const value = new Uint8Array(Buffer.alloc(bytes, `${bytes};`))
      store.set('large', value)
      expect(isSame(store.bytes.get('large'), value)).toBe(true)
      expect(isSame(store.bytes.getRecord('large')?.value, value)).toBe(true)
      expect(isSame(store.bytes.readRange('large', 1, bytes), value.subarray(1))).toBe(true)
      expect(store.exchange('large', 'small').previous).toBe(Buffer.from(value).toString())
      expect(store.get('large')).toBe('small')
      const batch = store.bytes.batch()
      batch.set('large', value)
      const reads = [batch.get('large'), batch.get('large')]
      const results = batch.run()
      for (const read of reads) expect(isSame(results.value(read), value)).toBe(true)
    }
    checkInvariants()
  })

  it('tells versions that grow, and lets them decide', () => {
    const { store } = openTestStore()
    store.set('k', 'one')
    const { version } = store.getRecord('k') ?? { version: 0n }
    expect(store.set('k', 'two', { if: version })).toBe(true)
    expect(store.set('k', 'three', { if: version })).toBe(false)
    expect(store.delete('k', { if: version })).toBe(false)
    const second = store.getRecord('k')
    expect(second).toMatchObject({ value: 'two', expiresAtMs: Infinity })
    expect(second?.version).toBeGreaterThan(version)
    expect(store.expire('k', 10, { if: version })).toBe(false)
    expect(store.delete('k', { if: second?.version ?? 0n })).toBe(true)
    expect(openStore().exchange('k', '').version).toBeGreaterThan(1n << 60n)
  })

  it('writes only if there is a record, or none', () => {
    const { store } = openTestStore()
    expect(store.set('k', '1', { if: 'present' })).toBe(false)
    expect(store.set('k', '2', { if: 'absent' })).toBe(true)
    expect(store.set('k', '3', { if: 'absent' })).toBe(false)
    expect(store.set('k', '4', { if: 'present' })).toBe(true)
    expect(store.get('k')).toBe('4')
  })

  it('exchanges, and tells what is there now', () => {
    const { store } = openTestStore()
    const first = store.exchange('k', 'one')
    expect(first).toEqual({ written: true, version: expect.any(BigInt), previous: undefined })
    const second = store.exchange('k', 'two')
    expect(second).toMatchObject({ written: true, previous: 'one' })
    expect(store.exchange('k', 'three', { if: first.version ?? 0n })).toEqual({
      written: false,
      version: second.version,
      previous: 'two',
    })
    expect(store.exchange('none', 'x', { if: 'present' })).toEqual({
      written: false,
      version: undefined,
      previous: undefined,
    })
    expect(store.bytes.exchange('k', 'three').previous).toEqual(utf8('two'))
  })

  it('adds, in the type of the delta', () => {
    const { store } = openTestStore()
    expect([store.add('n'), store.add('n', 41), store.add('n', -50), store.add('n', 8n)]).toEqual([1, 42, -8, 0n])
    expect(store.get('n')).toBe('0')
    store.set('n', '9007199254740993')
    expect(store.add('n', 0n)).toBe(9_007_199_254_740_993n)
    expect(store.add('n', 0)).toBe(9_007_199_254_740_992)
    expect(store.add('n', -Number.MAX_SAFE_INTEGER)).toBe(2)
    store.set('n', `${2n ** 63n - 1n}`)
    expect(codeOf(() => store.add('n'))).toBe('OVERFLOW')
    expect(store.add('n', -(2n ** 63n))).toBe(-1n)
    store.set('n', 'one')
    expect(codeOf(() => store.add('n'))).toBe('NOT_A_NUMBER')
    expect(store.get('n')).toBe('one')
  })

  it('appends, and reads and writes ranges', () => {
    const { store } = openTestStore()
    expect([store.append('log', 'ab'), store.append('log', 'cd')]).toEqual([2, 4])
    expect(store.readRange('log', 1, 2)).toBe('bc')
    expect(store.readRange('log', 3, 100)).toBe('d')
    expect(store.readRange('log', 4, 1)).toBe('')
    expect(store.writeRange('log', 6, 'g')).toBe(7)
    expect(store.get('log')).toBe('abcd\0\0g')
    expect(store.writeRange('new', 2, Uint8Array.of(1))).toBe(3)
    expect(store.bytes.get('new')).toEqual(Uint8Array.of(0, 0, 1))
    expect(store.writeRange('none', 9, '')).toBe(0)
    expect(store.has('none')).toBe(false)
    expect(codeOf(() => store.writeRange('log', VALUE_BYTES_MAX, 'x'))).toBe('VALUE_TOO_LARGE')
  })

  it('counts what it did', () => {
    const { store } = openTestStore()
    store.set('a', '12345', { ttlMs: 10 })
    store.get('a')
    store.get('b')
    store.delete('b')
    expect(store.stats()).toMatchObject({
      records: 1,
      expiring: 1,
      keyBytes: 1,
      valueBytes: 5,
      gets: 2,
      hits: 1,
      misses: 1,
      sets: 1,
      deletes: 1,
      expired: 0,
      evicted: 0,
    })
    const { usedBytes, memoryBytes, overheadPerRecord } = store.stats()
    expect(overheadPerRecord).toBe(usedBytes - 6)
    expect(memoryBytes).toBeGreaterThanOrEqual(usedBytes)
    store.clear()
    expect(store.stats()).toMatchObject({ records: 0 })
  })

  it('is cleared at once', () => {
    const { store, checkInvariants } = openTestStore()
    for (let index = 0; index < 10_000; index++) store.set(`key:${index}`, 'value')
    store.clear()
    expect([store.size, store.get('key:1'), [...store.keys()].length]).toEqual([0, undefined, 0])
    for (let round = 0; round < 100; round++) store.maintain()
    expect(store.stats()).toMatchObject({ records: 0, keyBytes: 0 })
    checkInvariants()
  })
})
