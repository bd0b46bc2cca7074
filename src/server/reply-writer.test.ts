import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KIND_OPERATIONS_REPLY, KIND_TOPOLOGY_REPLY } from '../protocol/frame.ts'
import { FrameDecoder } from '../protocol/frame-decoder.ts'
import { SectionReader } from '../protocol/section-reader.ts'
import { COPIED_REPLY_BYTES_MAX, WRITE_BYTES_TARGET } from './limits.ts'
import { ReplyWriter } from './reply-writer.ts'
import { SlabPool } from './slab-pool.ts'

const SLAB_BYTES = 20_000

/** Slabs in plain memory, all dirty, so that a byte that was not written is noticed. */
function testPool(slabCount: number): { readonly pool: SlabPool; readonly memory: Uint8Array } {
  const memory = new Uint8Array(SLAB_BYTES * slabCount).fill(0xee)
  const slabView = (slab: number, start: number, end: number) =>
    memory.subarray(slab * SLAB_BYTES + start, slab * SLAB_BYTES + end)
  return { pool: new SlabPool({ slabBytes: SLAB_BYTES, slabCount, slabView }), memory }
}

/** Does what an engine does: fills slabs with so many bytes of `fill`. */
function writeResults(writer: ReplyWriter, memory: Uint8Array, bytes: number, fill: number): void {
  let left = bytes
  for (;;) {
    const count = Math.min(left, SLAB_BYTES - writer.position)
    const at = writer.slab * SLAB_BYTES + writer.position
    memory.fill(fill, at, at + count)
    writer.advance(writer.position + count)
    left -= count
    if (left === 0) return
    writer.nextSlab()
  }
}

describe('ReplyWriter', () => {
  it('builds frames whose sections alternate between engines, whatever their sizes', () => {
    const section = fc.record({ engine: fc.nat({ max: 2 }), bytes: fc.oneof(fc.nat(100), fc.nat(50_000)) })
    const frames = fc.array(fc.oneof(fc.array(section, { maxLength: 4 }), fc.nat(30_000)), { maxLength: 6 })
    fc.assert(
      fc.property(frames, fc.boolean(), (plan, sparesSlabs) => {
        const engines = [testPool(80), testPool(80), testPool(80)] as const
        const writer = new ReplyWriter()
        for (const [sequence, content] of plan.entries()) {
          const isText = typeof content === 'number'
          const kind = isText ? KIND_TOPOLOGY_REPLY : KIND_OPERATIONS_REPLY
          writer.beginFrame(engines[0].pool, kind, isText ? 0 : content.length, sequence)
          if (isText) writer.append(new Uint8Array(content).fill(0x20))
          else {
            for (const [shard, { engine, bytes }] of content.entries()) {
              const { pool, memory } = engines[engine] ?? engines[0]
              writer.beginSection(pool, shard, sequence)
              writeResults(writer, memory, bytes, shard)
              writer.endSection(bytes, 0)
            }
          }
          writer.endFrame()
        }
        const { totalBytes } = writer
        const writes = writer.take(sparesSlabs)
        const parts = writes.flatMap((write) => write.parts)
        const sent = new Uint8Array(Buffer.concat(parts))
        expect(sent.length).toBe(totalBytes)
        expect(writes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(totalBytes)
        if (sparesSlabs) expect(writes.flatMap(({ slabs }) => slabs)).toEqual([])
        for (const write of writes) for (const slab of write.slabs) slab.drop()
        for (const { pool } of engines) expect(pool.freeCount).toBe(80)
        expect(writer.totalBytes).toBe(0)
        expectFrames(sent, plan)
      }),
    )
  })

  it('copies what is small, and cuts what is large into writes of about the same size', () => {
    const { pool, memory } = testPool(200)
    const writer = new ReplyWriter()
    const reply = (bytes: number, sparesSlabs = false) => {
      writer.beginFrame(pool, KIND_OPERATIONS_REPLY, 1, 1)
      writer.beginSection(pool, 0, 1)
      writeResults(writer, memory, bytes, 1)
      writer.endSection(1, 0)
      writer.endFrame()
      return writer.take(sparesSlabs)
    }
    expect(writer.take(false)).toEqual([])
    expect(reply(COPIED_REPLY_BYTES_MAX - 32)).toMatchObject([{ slabs: [], bytes: COPIED_REPLY_BYTES_MAX }])
    expect(pool.freeCount).toBe(200)
    const [direct] = reply(COPIED_REPLY_BYTES_MAX - 31)
    expect(direct?.slabs).toHaveLength(1)
    expect(pool.freeCount).toBe(199)
    const writes = reply(1_500_000)
    expect(writes).toHaveLength(2)
    for (const { bytes } of writes) expect(bytes).toBeLessThanOrEqual(WRITE_BYTES_TARGET)
    const freeCount = pool.freeCount
    const copies = reply(1_500_000, true)
    expect(copies.map(({ bytes }) => bytes)).toEqual(writes.map(({ bytes }) => bytes))
    expect(copies.flatMap(({ slabs }) => slabs)).toEqual([])
    expect(pool.freeCount).toBe(freeCount)
  })
})

function expectFrames(sent: Uint8Array, plan: readonly (number | readonly { readonly bytes: number }[])[]): void {
  const decoder = new FrameDecoder({ frameBytesMax: 1 << 24 })
  decoder.push(sent)
  const reader = new SectionReader()
  for (const [sequence, content] of plan.entries()) {
    expect(decoder.next()).toBe(true)
    expect(decoder.sequence).toBe(sequence)
    if (typeof content === 'number') {
      expect(decoder.end - decoder.start).toBe(content)
      continue
    }
    reader.openReply(decoder.bytes, decoder.start, decoder.end, decoder.sectionCount)
    for (const [shard, { bytes }] of content.entries()) {
      expect(reader.next()).toBe(true)
      expect([reader.shard, reader.view, reader.resultCount]).toEqual([shard, sequence, bytes])
      expect(decoder.bytes.subarray(reader.start, reader.end).every((byte) => byte === shard)).toBe(true)
    }
  }
  expect(decoder.next()).toBe(false)
}
