import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../util/bytes.ts'
import { TextScratch } from './text-scratch.ts'

const BYTES_MAX = 200_000

describe('a text scratch', () => {
  it('holds the UTF-8 bytes of the last text, whatever came before', () => {
    const scratch = new TextScratch()
    const piece = fc.constantFrom(
      '',
      'k',
      'key:',
      '\u00e9',
      '\u20ac',
      '\u{1f600}',
      '\ud800',
      'x'.repeat(31),
      'y'.repeat(30_000),
    )
    const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(text, (value) => {
        scratch.encode(value, BYTES_MAX)
        expect(Buffer.compare(scratch.bytes.subarray(0, scratch.end), encodeUtf8(value))).toBe(0)
      }),
    )
  })

  it('encodes enough of a text to see that it is too long, and not all of it', () => {
    const scratch = new TextScratch()
    for (const unit of ['x', '\u20ac', '\u{1f600}']) {
      scratch.encode(unit.repeat(1_000_000), 1_000)
      expect(scratch.end).toBeGreaterThan(1_000)
      expect(scratch.bytes.length).toBeLessThan(10_000)
    }
  })

  it('does not keep the room of a large text', () => {
    const scratch = new TextScratch()
    scratch.encode('x'.repeat(BYTES_MAX), BYTES_MAX)
    expect(scratch.end).toBe(BYTES_MAX)
    scratch.encode('x', BYTES_MAX)
    expect(scratch.bytes.length).toBeLessThan(1_000)
  })
})
