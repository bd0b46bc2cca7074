import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import { writeU64 } from '../util/bytes.ts'
import { compactSize, writeCompact } from './compact.ts'
import { KEY_BYTES_MAX } from './limits.ts'
import { ScanPageReader } from './scan-page.ts'

function encodePage(cursor: bigint, keys: readonly string[]): Uint8Array {
  const head = new Uint8Array(8)
  writeU64(head, 0, cursor)
  const parts = keys.map((key) => {
    const length = new Uint8Array(compactSize(key.length))
    writeCompact(length, 0, key.length)
    return Buffer.concat([length, Buffer.from(key)])
  })
  return new Uint8Array(Buffer.concat([head, ...parts]))
}

function keysOf(page: ScanPageReader, bytes: Uint8Array): string[] {
  const keys: string[] = []
  while (page.next()) keys.push(Buffer.from(bytes.subarray(page.start, page.end)).toString())
  return keys
}

const arbitraryPage = fc.record({
  cursor: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  keys: fc.array(
    fc.constantFrom(1, 2, 252, 253, KEY_BYTES_MAX).map((bytes) => 'k'.repeat(bytes)),
    { maxLength: 6 },
  ),
})

describe('a reader of scan pages', () => {
  it('gives the cursor and each key, wherever the page lies, one page after the other', () => {
    const page = new ScanPageReader()
    fc.assert(
      fc.property(arbitraryPage, fc.nat({ max: 3 }), ({ cursor, keys }, start) => {
        const encoded = encodePage(cursor, keys)
        const bytes = new Uint8Array(start + encoded.length + 3).fill(1)
        bytes.set(encoded, start)
        page.open(bytes, start, start + encoded.length)
        expect(page).toMatchObject({ cursor, keyCount: keys.length })
        expect(keysOf(page, bytes)).toEqual(keys)
        expect(page.next()).toBe(false)
      }),
    )
  })

  it('refuses a page that is cut short anywhere but behind a key', () => {
    const encoded = encodePage(7n, ['a', 'bc', 'k'.repeat(253)])
    const ends = [8, 10, 13, encoded.length]
    for (let end = 0; end <= encoded.length; end++) {
      const page = new ScanPageReader()
      const open = () => page.open(encoded, 0, end)
      if (ends.includes(end)) open()
      else expect(open).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
      expect(keysOf(page, encoded)).toHaveLength(Math.max(ends.indexOf(end), 0))
    }
  })

  it.each([
    ['an empty key', [0]],
    ['a key that is too large', [254, 0, 0, 1, 0, ...new Array<number>(65_536).fill(1)]],
    ['a length that is longer than needed', [253, 1, 0, 1]],
    ['a length of 255', [255, 1]],
  ])('refuses %s', (_, keys) => {
    const bytes = Uint8Array.of(...new Uint8Array(8), ...keys)
    const page = new ScanPageReader()
    expect(() => page.open(bytes, 0, bytes.length)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    expect(page.next()).toBe(false)
  })

  it('never points outside the page, whatever the bytes are', () => {
    const mutated = arbitraryPage.chain(({ cursor, keys }) => arbitraryMutation(encodePage(cursor, keys)))
    fc.assert(
      fc.property(mutated, (bytes) => {
        const page = new ScanPageReader()
        try {
          page.open(bytes, 0, bytes.length)
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
          return
        }
        let keyCount = 0
        for (let end = 8; page.next(); end = page.end) {
          expect(page.start).toBeGreaterThan(end)
          expect(page.end).toBeLessThanOrEqual(bytes.length)
          keyCount++
        }
        expect(keyCount).toBe(page.keyCount)
      }),
    )
  })
})
