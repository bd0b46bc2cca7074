import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../util/bytes.ts'
import { HOT_KEY_BYTES_KEPT_MAX, HOT_KEYS_MAX, HotKeys } from './hot-keys.ts'

const NEVER = Number.MAX_SAFE_INTEGER

/** Small keys come much more often than large ones. */
const skewedKeys = fc.array(
  fc.nat(999).map((drawn) => `key-${Math.floor(drawn ** 3 / 1e7)}`),
  { minLength: 1, maxLength: 2_000 },
)

/** Adds the keys, and returns how often each came, where every halving halves all that came before it. */
function addAll(hotKeys: HotKeys, keys: readonly string[], samplesPerHalving: number): Map<string, number> {
  const weights = new Map<string, number>()
  for (const [index, key] of keys.entries()) {
    if (index > 0 && index % samplesPerHalving === 0) {
      for (const [other, weight] of weights) weights.set(other, weight / 2)
    }
    weights.set(key, (weights.get(key) ?? 0) + 1)
    hotKeys.add(encodeUtf8(key))
  }
  return weights
}

describe('the list', () => {
  it.each([
    ['all samples alike', NEVER],
    ['old samples by half', 100],
  ])('bounds every share from both sides and misses no hot key, counting %s', (_, samplesPerHalving) => {
    fc.assert(
      fc.property(skewedKeys, fc.integer({ min: 1, max: 20 }), (keys, capacity) => {
        const hotKeys = new HotKeys(capacity, samplesPerHalving)
        const weights = addAll(hotKeys, keys, samplesPerHalving)
        const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
        const list = hotKeys.list()
        expect(list.length).toBeLessThanOrEqual(capacity)
        expect(list.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
        for (const { key, share, shareLeast } of list) {
          const exact = (weights.get(key) ?? 0) / total
          expect(share).toBeGreaterThanOrEqual(exact - 1e-9)
          expect(shareLeast).toBeLessThanOrEqual(exact + 1e-9)
          expect(share - shareLeast).toBeLessThanOrEqual(1 / capacity + 1e-9)
        }
        const listed = new Set(list.map(({ key }) => key))
        for (const [key, weight] of weights) {
          if (weight / total > 1 / capacity + 1e-9) expect(listed).toContain(key)
        }
      }),
    )
  })

  it('is in order, and exact while there are few keys', () => {
    const hotKeys = new HotKeys()
    addAll(hotKeys, ['a', 'b', 'b', 'c', 'b', 'c', 'b', 'b'], NEVER)
    const rest = { encoding: 'utf8', keyBytes: 1 }
    expect(hotKeys.list()).toEqual([
      { key: 'b', share: 5 / 8, shareLeast: 5 / 8, ...rest },
      { key: 'c', share: 2 / 8, shareLeast: 2 / 8, ...rest },
      { key: 'a', share: 1 / 8, shareLeast: 1 / 8, ...rest },
    ])
    expect(new HotKeys().list()).toEqual([])
  })

  it('holds no more keys than its capacity', () => {
    const hotKeys = new HotKeys()
    for (let index = 0; index < 10 * HOT_KEYS_MAX; index++) hotKeys.add(encodeUtf8(String(index)))
    expect(hotKeys.list()).toHaveLength(HOT_KEYS_MAX)
  })

  it('forgets what was hot once', () => {
    const hotKeys = new HotKeys(2, 64)
    for (let count = 0; count < 1_000; count++) hotKeys.add(encodeUtf8('yesterday'))
    for (let count = 0; count < 500; count++) hotKeys.add(encodeUtf8('today'))
    expect(hotKeys.list()[0]).toMatchObject({ key: 'today' })
    expect(hotKeys.list()[0]?.shareLeast).toBeGreaterThan(0.98)
  })

  it('counts operations without a key as operations', () => {
    const hotKeys = new HotKeys()
    hotKeys.add(undefined)
    hotKeys.add(encodeUtf8('k'))
    expect(hotKeys.list()).toMatchObject([{ key: 'k', share: 0.5, shareLeast: 0.5 }])
  })
})

describe('a key', () => {
  it('that is no text is told in Base64', () => {
    const hotKeys = new HotKeys()
    hotKeys.add(Uint8Array.of(0xff, 0x00, 0x41))
    expect(hotKeys.list()).toMatchObject([{ key: '/wBB', encoding: 'base64', keyBytes: 3 }])
  })

  it('that is long is kept in part, and told from one of another length', () => {
    const hotKeys = new HotKeys()
    const long = 'x'.repeat(HOT_KEY_BYTES_KEPT_MAX)
    for (const rest of ['', '1', '2', '22']) hotKeys.add(encodeUtf8(long + rest))
    const lengths = hotKeys.list().map(({ key, keyBytes, share }) => [key, keyBytes - long.length, share])
    expect(lengths).toEqual([
      [long, 1, 2 / 4],
      [long, 0, 1 / 4],
      [long, 2, 1 / 4],
    ])
  })

  it('is copied', () => {
    const hotKeys = new HotKeys()
    const key = encodeUtf8('before')
    hotKeys.add(key)
    key.fill(0)
    expect(hotKeys.list()).toMatchObject([{ key: 'before' }])
  })
})
