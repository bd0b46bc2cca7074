import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import { OUTCOME_END, OUTCOME_EXECUTED, OUTCOME_STALE } from './codes.ts'
import { SECTION_HEADER_BYTES, writeReplySectionHeader, writeRequestSectionHeader } from './frame.ts'
import { FRAME_SECTIONS_MAX } from './limits.ts'
import { SectionReader } from './section-reader.ts'

interface SectionShape {
  readonly sectionBytes: number
  readonly count: number
  readonly view: number
  readonly shard: number
  /** Namespace of a request, outcome of a reply. */
  readonly last: number
}

const REQUEST: readonly SectionShape[] = [
  { sectionBytes: 9, count: 3, view: 0xffff_fffe, shard: 65_535, last: 0 },
  { sectionBytes: 0, count: 0, view: 0, shard: 0, last: 9 },
  { sectionBytes: 5, count: 1, view: 1, shard: 7, last: 0 },
]

const REPLY: readonly SectionShape[] = [
  { sectionBytes: 3, count: 3, view: 4, shard: 65_535, last: OUTCOME_EXECUTED },
  { sectionBytes: 0, count: 0, view: 5, shard: 0, last: OUTCOME_STALE },
]

function body(write: typeof writeRequestSectionHeader, sections: readonly SectionShape[]): Uint8Array {
  const sizes = sections.map((section) => SECTION_HEADER_BYTES + section.sectionBytes)
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const { sectionBytes, count, view, shard, last } of sections) {
    write(bytes, at, sectionBytes, count, view, shard, last)
    at += SECTION_HEADER_BYTES + sectionBytes
  }
  return bytes
}

const requestBody = (sections: readonly SectionShape[]) => body(writeRequestSectionHeader, sections)
const replyBody = (sections: readonly SectionShape[]) => body(writeReplySectionHeader, sections)

describe('a section reader', () => {
  it('steps through the sections of a request', () => {
    const bytes = requestBody(REQUEST)
    const reader = new SectionReader()
    reader.open(bytes, 0, bytes.length, REQUEST.length)
    expect(reader.frameOperationCount).toBe(REQUEST.reduce((sum, { count }) => sum + count, 0))
    let end = 0
    for (const { sectionBytes, count, view, shard, last } of REQUEST) {
      expect(reader.next()).toBe(true)
      const start = end + SECTION_HEADER_BYTES
      end = start + sectionBytes
      expect(reader).toMatchObject({
        operationCount: count,
        resultCount: 0,
        view,
        shard,
        namespace: last,
        outcome: 0,
        start,
        end,
      })
    }
    expect(reader.next()).toBe(false)
    expect(reader.next()).toBe(false)
  })

  it('steps through the sections of a reply, that lie inside a larger array', () => {
    const sections = replyBody(REPLY)
    const bytes = new Uint8Array(sections.length + 20).fill(0xff)
    bytes.set(sections, 10)
    const reader = new SectionReader()
    reader.openReply(bytes, 10, 10 + sections.length, REPLY.length)
    for (const { count, view, shard, last } of REPLY) {
      expect(reader.next()).toBe(true)
      expect(reader).toMatchObject({ operationCount: 0, resultCount: count, view, shard, namespace: 0, outcome: last })
    }
    expect(reader.next()).toBe(false)
  })

  it('takes a frame without sections, and is used again', () => {
    const reader = new SectionReader()
    const bytes = requestBody(REQUEST)
    reader.open(bytes, 0, bytes.length, REQUEST.length)
    reader.open(bytes, 5, 5, 0)
    expect(reader.next()).toBe(false)
    reader.open(bytes, 0, bytes.length, REQUEST.length)
    expect(reader.next()).toBe(true)
  })

  const [first, second] = REQUEST as [SectionShape, SectionShape]
  it.each([
    ['a section that passes the end', 'a section passes', requestBody([first]).subarray(0, -1), 1],
    ['a last section that passes the end', 'a section passes', requestBody([second, first]).subarray(0, -1), 2],
    ['a header that is cut short', 'a section header', requestBody([first, second]).subarray(0, -1), 2],
    ['bytes behind the last section', 'behind', Uint8Array.of(...requestBody([first]), 0), 1],
    ['bytes without a section', 'behind', new Uint8Array(1), 0],
    ['two sections of one shard', 'one shard', requestBody([first, { ...second, shard: first.shard }]), 2],
    ['more operations than the bytes can hold', 'counts more', requestBody([{ ...first, count: 10 }]), 1],
    ['a count of 2^32 - 1', 'counts more', requestBody([{ ...first, count: 0xffff_ffff }]), 1],
    ['bytes but no operations', 'counts nothing', requestBody([{ ...first, count: 0 }]), 1],
  ])('refuses a request with %s', (_, message, bytes, sectionCount) => {
    const reader = new SectionReader()
    const isRefusal = expect.objectContaining({ code: 'PROTOCOL', message: expect.stringContaining(message) })
    expect(() => reader.open(bytes, 0, bytes.length, sectionCount)).toThrow(isRefusal)
    expect(reader.next()).toBe(false)
  })

  it('refuses a section that says 2^32 - 1 bytes', () => {
    const bytes = requestBody([first])
    bytes.fill(0xff, 0, 4)
    expect(() => new SectionReader().open(bytes, 0, bytes.length, 1)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    )
  })

  it('refuses more sections than allowed, and takes as many as allowed', () => {
    const sections = Array.from({ length: FRAME_SECTIONS_MAX + 1 }, (_, shard) => ({ ...second, shard }))
    const bytes = requestBody(sections)
    const reader = new SectionReader()
    reader.open(bytes, SECTION_HEADER_BYTES, bytes.length, FRAME_SECTIONS_MAX)
    expect(() => reader.open(bytes, 0, bytes.length, sections.length)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    )
  })

  it.each([
    ['an unknown outcome', replyBody([{ sectionBytes: 0, count: 0, view: 0, shard: 0, last: OUTCOME_END }])],
    ['a last header byte', replyBody([{ sectionBytes: 0, count: 0, view: 0, shard: 0, last: 0x0100 }])],
    ['more results than bytes', replyBody([{ sectionBytes: 2, count: 3, view: 0, shard: 0, last: 0 }])],
  ])('refuses a reply with %s', (_, bytes) => {
    const reader = new SectionReader()
    expect(() => reader.openReply(bytes, 0, bytes.length, 1)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('gives sections inside the frame, or PROTOCOL, whatever the bytes are', () => {
    const request = requestBody(REQUEST)
    const input = fc.oneof(arbitraryMutation(request), fc.uint8Array({ maxLength: 64 }))
    fc.assert(
      fc.property(input, fc.nat({ max: 4 }), fc.boolean(), (bytes, sectionCount, isReply) => {
        const reader = new SectionReader()
        try {
          if (isReply) reader.openReply(bytes, 0, bytes.length, sectionCount)
          else reader.open(bytes, 0, bytes.length, sectionCount)
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
        }
        let end = 0
        while (reader.next()) {
          expect(reader.start).toBe(end + SECTION_HEADER_BYTES)
          expect(reader.operationCount + reader.resultCount).toBeLessThanOrEqual(reader.end - reader.start)
          end = reader.end
        }
        expect(end).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
