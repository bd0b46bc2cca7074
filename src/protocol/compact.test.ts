import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compactSize, readCompact, writeCompact } from './compact.ts'

const BORDERS = [0, 1, 252, 253, 254, 255, 256, 65_535, 65_536, 65_537, 2 ** 31, 2 ** 32 - 1]

describe('compact lengths', () => {
  it('come back from exactly their own bytes', () => {
    const arbitrary = fc.oneof(fc.constantFrom(...BORDERS), fc.nat({ max: 70_000 }), fc.nat({ max: 2 ** 32 - 1 }))
    fc.assert(
      fc.property(arbitrary, fc.nat({ max: 3 }), (length, at) => {
        const bytes = new Uint8Array(9).fill(0xff)
        const end = writeCompact(bytes, at, length)
        expect(end - at).toBe(compactSize(length))
        expect(readCompact(bytes, at, end)).toBe(length)
        for (let short = at; short < end; short++) expect(readCompact(bytes, at, short)).toBe(-1)
        expect(bytes[end]).toBe(0xff)
      }),
    )
  })

  it('take 1, 3 or 5 bytes', () => {
    expect(BORDERS.map(compactSize)).toEqual([1, 1, 1, 3, 3, 3, 3, 3, 5, 5, 5, 5])
  })

  it.each([
    ['a u16 that fits one byte', [253, 252, 0]],
    ['a u32 that fits a u16', [254, 255, 255, 0, 0]],
    ['the marker 255', [255, 0, 0, 0, 0]],
  ])('have one spelling: %s is malformed', (_, bytes) => {
    expect(readCompact(Uint8Array.from(bytes), 0, bytes.length)).toBe(-1)
  })
})
