import { describe, expect, it } from 'vitest'
import * as frame from './frame.ts'

describe('the table of frame kinds', () => {
  it('has codes that are dense from 1, and a constant for each name', () => {
    expect(frame.FRAME_KINDS.map((row) => row.code)).toEqual(
      Array.from({ length: frame.KIND_END - 1 }, (_, index) => index + 1),
    )
    for (const row of frame.FRAME_KINDS) {
      expect(frame).toHaveProperty(`KIND_${row.name.toUpperCase().replaceAll('-', '_')}`, row.code)
    }
  })
})

describe('the table of wire errors', () => {
  it('has codes that are dense from 1, and a constant for each name', () => {
    expect(frame.WIRE_ERRORS.map((row) => row.code)).toEqual(frame.WIRE_ERRORS.map((_, index) => index + 1))
    for (const row of frame.WIRE_ERRORS) {
      expect(frame).toHaveProperty(`WIRE_ERROR_${row.name.toUpperCase().replaceAll('-', '_')}`, row.code)
    }
  })
})

describe('the headers', () => {
  it('know only required flags that are in the required mask', () => {
    expect(frame.FLAGS_KNOWN & ~frame.FLAGS_REQUIRED_MASK).toBe(0)
  })

  it('overwrite every byte that they own, and no other', () => {
    const bytes = new Uint8Array(2 + 3 * 16).fill(0xee)
    frame.writeFrameHeader(bytes, 1, 0x04030201, 5, 6, 0x0807, 0xfcfbfaf9)
    frame.writeRequestSectionHeader(bytes, 17, 1, 2, 3, 4, 5)
    frame.writeReplySectionHeader(bytes, 33, 0xffff_ffff, 2, 3, 4, 9)
    expect([...bytes]).toEqual([
      ...[0xee],
      ...[1, 2, 3, 4, 5, 6, 7, 8, 0xf9, 0xfa, 0xfb, 0xfc, 0, 0, 0, 0],
      ...[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 5, 0],
      ...[255, 255, 255, 255, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 9, 0],
      ...[0xee],
    ])
  })
})
