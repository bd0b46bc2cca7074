import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  copyBytes,
  decodeUtf8,
  decodeUtf8Strict,
  encodeUtf8,
  readU8,
  readU16,
  readU32,
  readU64,
  UTF8_UNIT_BYTES_MAX,
  writeAscii,
  writeU16,
  writeU32,
  writeU64,
  writeUtf8,
} from './bytes.ts'

describe('integers', () => {
  it('are little-endian', () => {
    const bytes = new Uint8Array(14)
    writeU16(bytes, 0, 0x0201)
    writeU32(bytes, 2, 0x06050403)
    writeU64(bytes, 6, 0x0e0d0c0b0a090807n)
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  })

  it('come back as they were written, as a DataView reads them', () => {
    const arbitrary = fc.tuple(fc.nat({ max: 7 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
    fc.assert(
      fc.property(arbitrary, ([at, value]) => {
        const bytes = new Uint8Array(16)
        const view = new DataView(bytes.buffer)
        writeU64(bytes, at, value)
        expect(view.getBigUint64(at, true)).toBe(value)
        expect(readU64(bytes, at)).toBe(value)
        expect(readU32(bytes, at)).toBe(view.getUint32(at, true))
        expect(readU16(bytes, at)).toBe(view.getUint16(at, true))
        expect(readU8(bytes, at)).toBe(bytes[at])
      }),
    )
  })

  it('keep the low bits of a value that is too large', () => {
    const bytes = new Uint8Array(8)
    writeU16(bytes, 0, 0x1_0002)
    writeU32(bytes, 2, 2 ** 32 + 3)
    expect([readU16(bytes, 0), readU32(bytes, 2), readU16(bytes, 6)]).toEqual([2, 3, 0])
  })

  it('read zeros behind the end', () => {
    const bytes = Uint8Array.of(1)
    expect([readU8(bytes, 1), readU16(bytes, 0), readU32(bytes, 0), readU64(bytes, 0)]).toEqual([0, 1, 1, 1n])
  })
})

describe('copyBytes', () => {
  it('copies the range and nothing else, on both sides of the loop limit', () => {
    const source = Uint8Array.from({ length: 200 }, (_, index) => index + 1)
    fc.assert(
      fc.property(fc.nat({ max: 100 }), fc.nat({ max: 100 }), fc.nat({ max: 50 }), (start, count, at) => {
        const target = new Uint8Array(256)
        expect(copyBytes(target, at, source, start, start + count)).toBe(at + count)
        const expected = new Uint8Array(256)
        expected.set(source.slice(start, start + count), at)
        expect(target).toEqual(expected)
      }),
    )
  })
})

describe('text', () => {
  it('comes back as it was, byte order marks included', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('', 'a', '\u00e9', '\u20ac', '\ufeff', '\u{1f600}', 'x'.repeat(100)) }),
        (text) => {
          const bytes = encodeUtf8(`\ufeff${text}`)
          expect(decodeUtf8(bytes, 3, bytes.length)).toBe(text)
          expect(decodeUtf8Strict(bytes, 0, bytes.length)).toBe(`\ufeff${text}`)
          const room = new Uint8Array(UTF8_UNIT_BYTES_MAX * (text.length + 1))
          expect(room.subarray(0, writeUtf8(room, `\ufeff${text}`))).toEqual(bytes)
        },
      ),
    )
  })

  it('turns a lone surrogate into U+FFFD', () => {
    expect([...encodeUtf8('\ud800')]).toEqual([0xef, 0xbf, 0xbd])
  })

  it('is read with replacements, or not at all, when it is malformed', () => {
    expect(decodeUtf8(Uint8Array.of(0x61, 0xff), 0, 2)).toBe('a\ufffd')
    expect(decodeUtf8Strict(Uint8Array.of(0x61, 0xff), 0, 2)).toBeUndefined()
  })

  it('is written as ASCII when it is ASCII', () => {
    const bytes = new Uint8Array(4)
    expect(writeAscii(bytes, 1, 'a\x7f')).toBe(3)
    expect([...bytes]).toEqual([0, 0x61, 0x7f, 0])
    expect(writeAscii(bytes, 0, '')).toBe(0)
    expect(writeAscii(bytes, 0, 'a\x80')).toBe(-1)
    expect(writeAscii(bytes, 0, '\u0161')).toBe(-1)
  })
})
