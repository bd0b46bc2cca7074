// The hash rule: no keys that can be made without the secret may pile up. The keys here collide under every secret
// of the usual multiply-xor hash, which is why the engine does not use one.

import { describe, expect, it } from 'vitest'
import { executeSection, openTestEngine, type TestOperation, testSecret } from '../../test/support/engine-harness.ts'
import { STATUS_NO_MEMORY, STATUS_OK } from '../protocol/codes.ts'

const MASK = 2n ** 64n - 1n
const TOP_BIT = 2n ** 63n
const COLLIDING_KEYS = 1_024

/**
 * Buckets that the longest search may take: random keys at the highest load need up to some 20, colliding ones would
 * need 85.
 */
const FARTHEST_ENTRY_MAX = 40

/** The weak hash: secret start, then xor and multiply for each 64-bit word. */
function multiplyXor(secret: bigint, key: Buffer): bigint {
  let hash = secret
  for (let at = 0; at < key.length; at += 8) hash = ((hash ^ key.readBigUInt64LE(at)) * 0x9e37_79b9_7f4a_7c15n) & MASK
  return hash
}

/**
 * Flipping the top bit of one word flips the top bit of the product alone, and flipping it in the next word undoes
 * that.
 */
function collidingKeys(): Buffer[] {
  return Array.from({ length: COLLIDING_KEYS }, (_, number) => {
    const key = Buffer.alloc(10 * 16, 7)
    for (let pair = 0; pair < 10; pair++) {
      if (((number >> pair) & 1) === 0) continue
      for (const at of [pair * 16, pair * 16 + 8]) key.writeBigUInt64LE(key.readBigUInt64LE(at) ^ TOP_BIT, at)
    }
    return key
  })
}

function fill(keys: readonly Buffer[], seed: number): number {
  const engine = openTestEngine({ secret: testSecret(seed) })
  executeSection(
    engine,
    keys.map((key): TestOperation => ({ kind: 'set', key, value: '' })),
  )
  expect(engine.stats().records).toBe(keys.length)
  engine.checkInvariants()
  return engine.farthestEntry()
}

describe('the hash', () => {
  it('spreads keys that collide under every secret of a multiply-xor hash', () => {
    const keys = collidingKeys()
    for (const secret of [1n, 0xdead_beefn, 0x0123_4567_89ab_cdefn]) {
      expect(new Set(keys.map((key) => multiplyXor(secret, key))).size).toBe(1)
    }
    for (let seed = 0; seed < 20; seed++) expect(fill(keys, seed)).toBeLessThanOrEqual(FARTHEST_ENTRY_MAX)
  })

  it.each([
    ['zero bytes of every length', Array.from({ length: 2_000 }, (_, length) => Buffer.alloc(length + 1))],
    [
      'one bit set at every place',
      Array.from({ length: 2_000 }, (_, bit) => {
        const key = Buffer.alloc(250)
        key[bit >> 3] = 1 << (bit & 7)
        return key
      }),
    ],
    [
      'counters in the first word',
      Array.from({ length: 2_000 }, (_, number) => {
        const key = Buffer.alloc(64)
        key.writeUInt32LE(number)
        return key
      }),
    ],
    [
      'counters in the last word',
      Array.from({ length: 2_000 }, (_, number) => {
        const key = Buffer.alloc(64)
        key.writeUInt32BE(number, 60)
        return key
      }),
    ],
  ])('spreads %s', (_name, keys) => {
    for (let seed = 0; seed < 40; seed++) expect(fill(keys, seed)).toBeLessThanOrEqual(FARTHEST_ENTRY_MAX)
  })

  it('keeps every stored record when the keys do collide, as only someone with the secret can bring about', () => {
    const seed = 3
    const keys = keysOfOnePrefix(testSecret(seed), 4_000)
    const engine = openTestEngine({ secret: testSecret(seed) })
    const { results } = executeSection(
      engine,
      keys.map((key): TestOperation => ({ kind: 'set', key, value: key })),
    )
    engine.checkInvariants()
    const stored = keys.filter((_, index) => results[index]?.status === STATUS_OK)
    expect(stored.length).toBeGreaterThan(2_000)
    expect(results.every(({ status }) => status === STATUS_OK || status === STATUS_NO_MEMORY)).toBe(true)
    const reads = executeSection(
      engine,
      stored.map((key): TestOperation => ({ kind: 'get', key })),
    )
    expect(reads.results.map(({ value }) => Buffer.from(value))).toEqual(stored)
  })
})

/** Four-byte keys whose hashes share their upper ten bits, by the definition in `assembly/hash.ts`. */
function keysOfOnePrefix(secret: Uint8Array, count: number): Buffer[] {
  const next = xoroshiro128(secret)
  const [start, perByte, perWord] = [next(), next(), next()]
  const keys: Buffer[] = []
  let sum = (start + 4n * perByte) & MASK
  for (let word = 0; keys.length < count; word++) {
    if (scatter(Number(sum >> 32n)) >>> 22 === 0) {
      const key = Buffer.alloc(4)
      key.writeUInt32LE(word)
      keys.push(key)
    }
    sum = (sum + perWord) & MASK
  }
  return keys
}

/** The bijection behind the sum. */
function scatter(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** xoroshiro128++ over the secret's halves. */
function xoroshiro128(secret: Uint8Array): () => bigint {
  const words = new DataView(secret.buffer, secret.byteOffset)
  const word = (index: number): bigint => words.getBigUint64(index * 8, true)
  let [state0, state1] = [word(0) ^ word(2), word(1) ^ word(3)]
  const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK
  return () => {
    const result = (rotate((state0 + state1) & MASK, 17n) + state0) & MASK
    state1 ^= state0
    state0 = (rotate(state0, 49n) ^ state1 ^ (state1 << 21n)) & MASK
    state1 = rotate(state1, 28n)
    return result
  }
}
