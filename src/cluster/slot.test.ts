import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SLOT_COUNT, slotOfBytes, slotOfString } from './slot.ts'

/** The definition: CRC16 bit by bit, polynomial 0x1021, start 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}

/** The definition: the tag when there is one, else the whole key. */
function slotByDefinition(key: Uint8Array): number {
  const open = key.indexOf(0x7b)
  const close = open === -1 ? -1 : key.indexOf(0x7d, open)
  return crc16(close > open + 1 ? key.subarray(open + 1, close) : key) % SLOT_COUNT
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const slotOf = (bytes: Uint8Array): number => slotOfBytes(bytes, 0, bytes.length)

describe('the slot of a key', () => {
  it.each([
    ['', 0],
    ['123456789', 0x31c3],
    ['foo', 12_182],
    ['bar', 5_061],
    ['hello', 866],
  ])('agrees with Redis Cluster for %j', (key, slot) => {
    expect(slotOfString(key)).toBe(slot)
    expect(slotOf(utf8(key))).toBe(slot)
  })

  it.each([
    ['{user1000}.following', 'user1000'],
    ['{user1000}.followers', 'user1000'],
    ['a{b}c', 'b'],
    ['a{b}{c}', 'b'],
    ['foo{{bar}}zap', '{bar'],
    ['{{{}', '{{'],
    ['long-prefix-before-the-{tag}', 'tag'],
    ['a{ключ}b', 'ключ'],
  ])('is that of the tag: %j', (key, tag) => {
    const slot = crc16(utf8(tag)) % SLOT_COUNT
    expect(slotOfString(key)).toBe(slot)
    expect(slotOf(utf8(key))).toBe(slot)
  })

  it.each(['{}', '{', '{a', 'a{', '}{', '}a{', 'foo{}{bar}', '{}{x}', 'a}b', 'abc{'])(
    'is that of the whole key: %j',
    (key) => {
      const slot = crc16(utf8(key)) % SLOT_COUNT
      expect(slotOfString(key)).toBe(slot)
      expect(slotOf(utf8(key))).toBe(slot)
    },
  )

  it('looks at nothing outside its range', () => {
    const bytes = utf8('{}x{foo}y{}')
    expect(slotOfBytes(bytes, 4, 7)).toBe(slotOfString('foo'))
    expect(slotOfBytes(bytes, 3, 7)).toBe(slotOf(utf8('{foo')))
  })

  it('is the definition’s for any bytes, tags made likely', () => {
    const byte = fc.oneof(fc.constantFrom(0x7b, 0x7d, 0x61), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => {
        const key = Uint8Array.from(bytes)
        expect(slotOf(key)).toBe(slotByDefinition(key))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the same as text and as its UTF-8 bytes, for any text, lone surrogates too', () => {
    const unit = fc.oneof(fc.constantFrom('{', '}', 'a', 'é', '漢', '😀', '\ud800'), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
        const key = units.join('')
        expect(slotOfString(key)).toBe(slotByDefinition(utf8(key)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes text of any length', () => {
    for (const key of [
      'é'.repeat(341),
      'é'.repeat(342),
      'é'.repeat(30_000),
      'x'.repeat(65_535),
      `${'x'.repeat(65_000)}é`,
    ]) {
      expect(slotOfString(key)).toBe(slotByDefinition(utf8(key)))
    }
  })
})
