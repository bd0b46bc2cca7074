// What a store refuses, and what is left of it when it is closed.

import { describe, expect, it } from 'vitest'
import { codeOf, openTestStore } from '../../test/support/store-harness.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { openStore } from './index.ts'

describe('limits of a store', () => {
  it('refuses keys and values that are too large, and an empty key', () => {
    const { store } = openTestStore({ maxBytes: 64 * 1024 * 1024 })
    for (const key of [
      '',
      'k'.repeat(KEY_BYTES_MAX + 1),
      'é'.repeat(33_000),
      new Uint8Array(0),
      new Uint8Array(70_000),
    ]) {
      for (const call of [
        () => store.get(key),
        () => store.set(key, ''),
        () => store.delete(key),
        () => store.add(key),
        () => store.batch().get(key),
        () => store.batch().set(key, 'v'),
      ]) {
        expect(codeOf(call)).toBe('KEY_TOO_LARGE')
      }
    }
    const tooLarge = [
      'v'.repeat(VALUE_BYTES_MAX + 1),
      'é'.repeat(VALUE_BYTES_MAX / 2 + 1),
      new Uint8Array(VALUE_BYTES_MAX + 1),
    ]
    for (const value of tooLarge) {
      for (const call of [
        () => store.set('k', value),
        () => store.append('k', value),
        () => store.batch().exchange('k', value),
      ]) {
        expect(codeOf(call)).toBe('VALUE_TOO_LARGE')
      }
    }
    expect(store.size).toBe(0)
    const key = 'k'.repeat(KEY_BYTES_MAX)
    const value = 'é'.repeat(VALUE_BYTES_MAX / 2)
    expect(store.set(key, value)).toBe(true)
    expect(store.get(key) === value).toBe(true)
  })

  it('refuses options and arguments outside their limits', () => {
    const { store } = openTestStore()
    // What a caller without a compiler may hand in.
    const anything = (value: unknown): never => value as never
    for (const call of [
      () => openStore({ maxBytes: 1_000 }),
      () => openStore(JSON.parse('{ "eviction": "toString" }')),
      () => openStore(JSON.parse('{ "maxbytes": 5000000 }')),
      () => openStore({ maxBytes: 2 ** 32 }),
      () => openStore({ ttlMs: 0 }),
      () => openStore({ ttlMs: Number.NaN }),
      () => openStore({ eviction: anything('some') }),
      () => store.get(anything(7)),
      () => store.set('k', anything({})),
      () => store.set('k', anything(undefined)),
      () => store.set('k', 'v', { ttlMs: -1 }),
      () => store.set('k', 'v', { ttlMs: 1e15 }),
      () => store.set('k', 'v', { expiresAtMs: 0 }),
      () => store.set('k', 'v', { ttlMs: 1, expiresAtMs: 1 }),
      () => store.set('k', 'v', { ttlMs: 1, keepExpiry: true }),
      () => store.set('k', 'v', { expiresAtMs: 1, keepExpiry: true }),
      () => store.set('k', 'v', { if: anything('maybe') }),
      () => store.set('k', 'v', { if: 2n ** 64n }),
      () => store.expire('k', Infinity, { if: 'later' }),
      () => store.expire('k', 1, { if: anything('absent') }),
      () => store.delete('k', { if: anything('absent') }),
      () => store.add('k', 0.5),
      () => store.add('k', 2 ** 53),
      () => store.add('k', 2n ** 63n),
      () => store.readRange('k', -1, 1),
      () => store.readRange('k', 0, 2 ** 32),
      () => store.writeRange('k', 0.5, 'v'),
      () => store.scan({ count: 0 }),
      () => store.scan({ count: 4_097 }),
      () => store.scan({ cursor: -1 }),
      () => store.maintain(0),
    ]) {
      expect(codeOf(call), String(call)).toBe('INVALID_ARGUMENT')
    }
    expect(store.size).toBe(0)
  })

  it('says NO_MEMORY when it is full, and keeps what it has', () => {
    const { store, checkInvariants } = openTestStore({ maxBytes: 1024 * 1024 })
    let count = 0
    expect(
      codeOf(() => {
        for (; ; count++) store.set(`key:${count}`, 'x'.repeat(1_000))
      }),
    ).toBe('NO_MEMORY')
    expect(count).toBeGreaterThan(800)
    expect(store.size).toBe(count)
    for (let index = 0; index < count; index++) expect(store.get(`key:${index}`)).toBe('x'.repeat(1_000))
    expect(store.delete('key:0')).toBe(true)
    expect(store.set('key:0', 'y'.repeat(1_000))).toBe(true)
    checkInvariants()
  })
})

describe('a closed store', () => {
  it('throws CLOSED from every call but close', () => {
    const { store } = openTestStore()
    store.set('k', 'v')
    store.set('l', 'v')
    const { bytes } = store
    const batch = store.batch()
    batch.get('k')
    const walk = store.keys()
    walk.next()
    const fresh = store.entries()
    bytes.close()
    for (const call of [
      () => store.get('k'),
      () => bytes.get(Uint8Array.of(1)),
      () => store.getRecord('k'),
      () => store.set('k', 'v'),
      () => store.set('', 'v'),
      () => store.exchange('k', 'v'),
      () => store.delete('k'),
      () => store.take('k'),
      () => store.has('k'),
      () => store.expire('k', 1),
      () => store.ttlMs('k'),
      () => store.add('k'),
      () => store.append('k', 'v'),
      () => store.writeRange('k', 0, 'v'),
      () => store.readRange('k', 0, 1),
      () => store.scan(),
      () => walk.next(),
      () => fresh.next(),
      () => store.randomKey(),
      () => store.size,
      () => store.clear(),
      () => store.stats(),
      () => store.maintain(),
      () => store.batch(),
      () => batch.get('k'),
      () => batch.run(),
    ]) {
      expect(codeOf(call), String(call)).toBe('CLOSED')
    }
    expect(store.close()).toBeUndefined()
    expect(store[Symbol.dispose]()).toBeUndefined()
  })

  it('is closed at the end of its block by `using`', () => {
    let kept: { has(key: string): boolean }
    {
      using store = openStore()
      store.set('k', 'v')
      kept = store
    }
    expect(codeOf(() => kept.has('k'))).toBe('CLOSED')
  })
})
