import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation, arbitrarySplit, splitAt, splitEverywhere } from '../../test/support/byte-splits.ts'
import { AssertionError } from '../util/assert.ts'
import {
  FRAME_HEADER_BYTES,
  KIND_END,
  KIND_OPERATIONS,
  KIND_PING,
  KIND_TOPOLOGY_REPLY,
  WIRE_ERROR_FRAME_TOO_LARGE,
  WIRE_ERROR_MALFORMED,
  writeFrameHeader,
} from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { FRAME_BYTES_MAX } from './limits.ts'

interface FrameShape {
  readonly bodyBytes: number
  readonly kind: number
  readonly flags: number
  readonly sectionCount: number
  readonly sequence: number
}

const SMALL: FrameShape = { bodyBytes: 9, kind: KIND_OPERATIONS, flags: 0xa1, sectionCount: 1, sequence: 7 }
const EMPTY: FrameShape = { bodyBytes: 0, kind: KIND_PING, flags: 0, sectionCount: 0, sequence: 0xffff_ffff }
const LARGE: FrameShape = { bodyBytes: 9_000, kind: KIND_TOPOLOGY_REPLY, flags: 0, sectionCount: 0, sequence: 0 }

function encode(shapes: readonly FrameShape[]): Uint8Array {
  const frames = shapes.map(({ bodyBytes, kind, flags, sectionCount, sequence }) => {
    const frame = new Uint8Array(FRAME_HEADER_BYTES + bodyBytes).map((_, index) => index)
    writeFrameHeader(frame, 0, frame.length, kind, flags, sectionCount, sequence)
    return frame
  })
  return new Uint8Array(Buffer.concat(frames))
}

/** The same cuts, laid out in one ArrayBuffer with `gapBytes` between two chunks. */
function inOneBuffer(chunks: readonly Uint8Array[], gapBytes: number): Uint8Array[] {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length + gapBytes, 0)
  const pool = new Uint8Array(bytes)
  let at = 0
  return chunks.map((chunk) => {
    pool.set(chunk, at)
    at += chunk.length + gapBytes
    return pool.subarray(at - chunk.length - gapBytes, at - gapBytes)
  })
}

/** The same cuts, each in an ArrayBuffer of its own but at the offset that would continue the one before. */
function atStreamOffsets(chunks: readonly Uint8Array[]): Uint8Array[] {
  let at = 0
  return chunks.map((chunk) => {
    const roomy = new Uint8Array(at + chunk.length)
    roomy.set(chunk, at)
    at += chunk.length
    return roomy.subarray(at - chunk.length)
  })
}

/** How the chunks of a stream may lie in memory. A socket that fills a large array step by step gives `contiguous`. */
const LAYOUTS = {
  separate: (chunks: Uint8Array[]) => chunks,
  contiguous: (chunks: Uint8Array[]) => inOneBuffer(chunks, 0),
  pooled: (chunks: Uint8Array[]) => inOneBuffer(chunks, 3),
  reversed: (chunks: Uint8Array[]) => inOneBuffer(chunks.toReversed(), 0).toReversed(),
  'at the same offsets': atStreamOffsets,
} as const

const arbitraryLayout = fc.constantFrom(...(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]))

/** The loaded frame, whole: its bytes are looked at only when the stream has ended. */
interface LoadedFrame {
  readonly header: Omit<FrameShape, 'bodyBytes'>
  readonly view: Uint8Array
}

function drain(decoder: FrameDecoder, frames: LoadedFrame[]): void {
  while (decoder.next()) {
    decoder.checkInvariants()
    const { kind, flags, sectionCount, sequence, bytes, start, end } = decoder
    frames.push({
      header: { kind, flags, sectionCount, sequence },
      view: bytes.subarray(start - FRAME_HEADER_BYTES, end),
    })
  }
}

function newDecoder(): FrameDecoder {
  return new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
}

/** How many of the objects are still alive after a garbage collection. */
async function countAlive(references: readonly WeakRef<object>[]): Promise<number> {
  // A WeakRef keeps its target until the job that made it has ended.
  await new Promise((resolve) => setImmediate(resolve))
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return references.filter((reference) => reference.deref() !== undefined).length
}

describe('a frame decoder', () => {
  const stream = encode([SMALL, EMPTY, LARGE, SMALL, SMALL])

  it('gives the same frames however the stream is cut and whenever they are taken', () => {
    const split = fc.tuple(arbitrarySplit(stream), arbitraryLayout, fc.infiniteStream(fc.boolean()))
    fc.assert(
      fc.property(split, ([cut, layout, pulls]) => {
        const decoder = newDecoder()
        const frames: LoadedFrame[] = []
        for (const chunk of LAYOUTS[layout](cut)) {
          decoder.push(chunk)
          if (pulls.next().value === true) drain(decoder, frames)
          decoder.checkInvariants()
        }
        drain(decoder, frames)
        const headers = [SMALL, EMPTY, LARGE, SMALL, SMALL].map(({ bodyBytes: _, ...header }) => header)
        expect(frames.map(({ header }) => header)).toEqual(headers)
        expect(Buffer.compare(Buffer.concat(frames.map(({ view }) => view)), stream)).toBe(0)
        expect(decoder.bufferedBytes).toBe(0)
      }),
    )
  })

  it('counts the bytes that wait', () => {
    const decoder = newDecoder()
    const frame = encode([SMALL])
    decoder.push(frame.slice(0, 3))
    expect([decoder.next(), decoder.bufferedBytes]).toEqual([false, 3])
    decoder.push(frame.slice(3, 20))
    expect([decoder.next(), decoder.bufferedBytes]).toEqual([false, 20])
    decoder.push(Uint8Array.of(...frame.slice(20), 1, 2))
    expect([decoder.next(), decoder.bufferedBytes]).toEqual([true, 2])
  })

  it('lets go of the last frame when there is no further one', () => {
    const decoder = newDecoder()
    decoder.push(encode([SMALL]))
    expect(decoder.next()).toBe(true)
    expect(decoder.next()).toBe(false)
    expect(decoder.bytes).toHaveLength(0)
  })

  it('does not copy a frame that lies in one chunk', () => {
    const decoder = newDecoder()
    const [head, middle, tail] = splitAt(stream, [10, stream.length - 10]) as [Uint8Array, Uint8Array, Uint8Array]
    for (const chunk of [head, middle, tail]) decoder.push(chunk)
    const buffers: ArrayBufferLike[] = []
    while (decoder.next()) buffers.push(decoder.bytes.buffer)
    expect(buffers.map((buffer) => buffer === middle.buffer)).toEqual([false, true, true, true, false])
  })

  it('does not copy a frame whose chunks follow each other in one array, also when that is shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(stream.length))
    shared.set(stream)
    const decoder = newDecoder()
    for (let at = 0; at < shared.length; at += 7) {
      decoder.push(shared.subarray(at, at + 7))
      while (decoder.next()) expect(decoder.bytes.buffer).toBe(shared.buffer)
    }
  })

  it('takes the largest frame', () => {
    const decoder = newDecoder()
    const frame = encode([{ ...LARGE, bodyBytes: FRAME_BYTES_MAX - FRAME_HEADER_BYTES }])
    for (let at = 0; at < frame.length; at += 65_536) {
      expect(decoder.next()).toBe(false)
      decoder.push(frame.slice(at, at + 65_536))
    }
    expect(decoder.next()).toBe(true)
    expect(Buffer.compare(decoder.bytes.subarray(decoder.start, decoder.end), frame.subarray(FRAME_HEADER_BYTES))).toBe(
      0,
    )
  })

  it('allocates for bytes that arrived, not for a length that was claimed', () => {
    const header = encode([EMPTY])
    writeFrameHeader(header, 0, FRAME_BYTES_MAX, KIND_TOPOLOGY_REPLY, 0, 0, 0)
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 100 }, () => {
      const decoder = newDecoder()
      for (const chunk of [header.slice(0, 9), header.slice(9), new Uint8Array(10)]) {
        decoder.push(chunk)
        expect(decoder.next()).toBe(false)
      }
      return decoder
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(FRAME_BYTES_MAX)
    expect(decoders.map((decoder) => decoder.bufferedBytes)).toEqual(new Array(100).fill(26))
  })

  it('does not keep large arrays alive for the few bytes that it needs of each', async () => {
    const decoder = newDecoder()
    const buffers = splitEverywhere(encode([LARGE]).subarray(0, 100)).map((byte) => {
      const roomy = new Uint8Array(65_536)
      roomy.set(byte)
      decoder.push(roomy.subarray(0, 1))
      decoder.next()
      return new WeakRef(roomy.buffer)
    })
    expect(await countAlive(buffers)).toBeLessThanOrEqual(1)
    expect(decoder.bufferedBytes).toBe(100)
  })

  it('lets go of each chunk once its frames are taken, although others wait', async () => {
    const decoder = newDecoder()
    const buffers = Array.from({ length: 10 }, () => {
      const chunk = encode([SMALL])
      decoder.push(chunk)
      return new WeakRef(chunk.buffer)
    })
    for (let taken = 0; taken < 8; taken++) expect(decoder.next()).toBe(true)
    // Two frames wait, and the loaded one is still looked at.
    expect(await countAlive(buffers)).toBeLessThanOrEqual(3)
    expect(decoder.next()).toBe(true)
  })

  it.each([
    ['shorter than its header', WIRE_ERROR_MALFORMED, 0, [15]],
    ['empty', WIRE_ERROR_MALFORMED, 0, [0]],
    ['too large', WIRE_ERROR_FRAME_TOO_LARGE, 0, [1, 0, 0, 1]],
    ['of 2^32 - 1 bytes', WIRE_ERROR_FRAME_TOO_LARGE, 0, [255, 255, 255, 255]],
    ['of kind 0', WIRE_ERROR_MALFORMED, 4, [0]],
    ['of the first unknown kind', WIRE_ERROR_MALFORMED, 4, [KIND_END]],
    ['with sections that its kind does not have', WIRE_ERROR_MALFORMED, 4, [KIND_PING, 0, 1]],
    ['with reserved bytes', WIRE_ERROR_MALFORMED, 15, [1]],
  ])('refuses a frame %s, after the frames before it, and is dead', (_, wireError, at, patch) => {
    for (const split of [(bytes: Uint8Array) => [bytes], splitEverywhere]) {
      const bad = encode([SMALL])
      bad.set(patch, at)
      const decoder = newDecoder()
      for (const chunk of split(Uint8Array.of(...encode([SMALL]), ...bad))) decoder.push(chunk)
      expect(decoder.next()).toBe(true)
      expect(decoder.wireError).toBe(0)
      const errors = [() => decoder.next(), () => decoder.next(), () => decoder.push(bad)].map(thrownBy)
      expect(errors[0]).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
      expect(new Set(errors).size).toBe(1)
      expect(decoder).toMatchObject({ wireError, bufferedBytes: 0 })
      decoder.checkInvariants()
    }
  })

  it('gives frames inside their arrays, or PROTOCOL, whatever the bytes are', () => {
    const start = encode([SMALL, EMPTY, SMALL])
    const input = fc.oneof(arbitraryMutation(start), fc.uint8Array({ maxLength: 100 })).chain(arbitrarySplit)
    fc.assert(
      fc.property(input, (chunks) => {
        const decoder = new FrameDecoder({ frameBytesMax: 64 })
        try {
          for (const chunk of chunks) {
            decoder.push(chunk)
            while (decoder.next()) {
              expect(decoder.start).toBeLessThanOrEqual(decoder.end)
              expect(decoder.end).toBeLessThanOrEqual(decoder.bytes.length)
            }
            decoder.checkInvariants()
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
        }
      }),
    )
  })

  it('asserts that its limit makes sense', () => {
    expect(() => new FrameDecoder({ frameBytesMax: FRAME_HEADER_BYTES - 1 })).toThrow(AssertionError)
  })
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
