import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation, arbitrarySplit, splitAt, splitEverywhere } from '../../../test/support/byte-splits.ts'
import { AssertionError } from '../../util/assert.ts'
import {
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
} from '../workload/kinds.ts'
import {
  MEMCACHED_CLIENT_ERROR,
  MEMCACHED_DELETED,
  MEMCACHED_MISS,
  MEMCACHED_NOT_FOUND,
  MEMCACHED_NOT_STORED,
  MEMCACHED_NUMBER,
  MEMCACHED_SERVER_ERROR,
  MEMCACHED_STORED,
  MEMCACHED_VALUE,
  MemcachedDecoder,
} from './memcached-decoder.ts'
import { type MemcachedDialect, MemcachedWriter } from './memcached-writer.ts'

const LIMITS = { lineBytesMax: 300, valueBytesMax: 10_000 }

type Reply = readonly [kind: number, text: string]

const EXAMPLES: readonly (readonly [stream: string, reply: Reply])[] = [
  ['VALUE key:1 0 5\r\nhello\r\nEND\r\n', [MEMCACHED_VALUE, 'hello']],
  ['VALUE k 4294967295 0\r\n\r\nEND\r\n', [MEMCACHED_VALUE, '']],
  ['VALUE k 0 7\r\nEND\r\n\0\xff\r\nEND\r\n', [MEMCACHED_VALUE, 'END\r\n\0\xff']],
  ['VA 5\r\nhello\r\n', [MEMCACHED_VALUE, 'hello']],
  ['VA 0\r\n\r\n', [MEMCACHED_VALUE, '']],
  ['END\r\n', [MEMCACHED_MISS, 'END']],
  ['EN\r\n', [MEMCACHED_MISS, 'EN']],
  ['STORED\r\n', [MEMCACHED_STORED, 'STORED']],
  ['HD\r\n', [MEMCACHED_STORED, 'HD']],
  ['NOT_STORED\r\n', [MEMCACHED_NOT_STORED, 'NOT_STORED']],
  ['NS\r\n', [MEMCACHED_NOT_STORED, 'NS']],
  ['DELETED\r\n', [MEMCACHED_DELETED, 'DELETED']],
  ['NOT_FOUND\r\n', [MEMCACHED_NOT_FOUND, 'NOT_FOUND']],
  ['NF\r\n', [MEMCACHED_NOT_FOUND, 'NF']],
  ['18446744073709551615\r\n', [MEMCACHED_NUMBER, '18446744073709551615']],
  ['ERROR\r\n', [MEMCACHED_CLIENT_ERROR, 'ERROR']],
  ['CLIENT_ERROR bad command line\r\n', [MEMCACHED_CLIENT_ERROR, 'CLIENT_ERROR bad command line']],
  ['SERVER_ERROR out of memory\r\n', [MEMCACHED_SERVER_ERROR, 'SERVER_ERROR out of memory']],
]

const STREAM = bytesOf(EXAMPLES.map(([stream]) => stream).join(''))
const REPLIES = EXAMPLES.map(([, reply]) => reply)

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function take(decoder: MemcachedDecoder): Reply[] {
  const replies: Reply[] = []
  while (decoder.next()) {
    const { kind, bytes, start, end } = decoder
    expect(start <= end && end <= bytes.length).toBe(true)
    replies.push([kind, Buffer.from(bytes.subarray(start, end)).toString('latin1')])
  }
  return replies
}

function decode(chunks: readonly Uint8Array[]): Reply[] {
  const decoder = new MemcachedDecoder(LIMITS)
  return chunks.flatMap((chunk) => {
    decoder.push(chunk)
    return take(decoder)
  })
}

describe('a decoder of memcached', () => {
  it.each(EXAMPLES)('reads %j, whole, byte by byte and cut at every byte', (stream, reply) => {
    const bytes = bytesOf(stream)
    expect(decode([bytes])).toEqual([reply])
    expect(decode(splitEverywhere(bytes))).toEqual([reply])
    for (let at = 0; at <= bytes.length; at++) expect(decode(splitAt(bytes, [at]))).toEqual([reply])
  })

  it('gives the same replies however the stream is cut and whenever they are taken', () => {
    fc.assert(
      fc.property(arbitrarySplit(STREAM), fc.infiniteStream(fc.boolean()), (chunks, pulls) => {
        const decoder = new MemcachedDecoder(LIMITS)
        const replies: Reply[] = []
        for (const chunk of chunks) {
          decoder.push(chunk)
          if (pulls.next().value === true) replies.push(...take(decoder))
        }
        replies.push(...take(decoder))
        expect(replies).toEqual(REPLIES)
        expect(decoder.bufferedBytes).toBe(0)
      }),
    )
  })

  it('gives replies inside their arrays, or PROTOCOL once and for all, whatever the bytes are', () => {
    const hostile = fc.oneof(arbitraryMutation(STREAM), fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(hostile.chain(arbitrarySplit), (chunks) => {
        const decoder = new MemcachedDecoder(LIMITS)
        try {
          for (const chunk of chunks) {
            decoder.push(chunk)
            take(decoder)
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
          expect(() => decoder.next()).toThrow(error as Error)
          expect(() => decoder.push(STREAM)).toThrow(error as Error)
        }
      }),
    )
  })

  it.each([
    ['\r\n', 'no reply'],
    ['+OK\r\n', 'no reply'],
    ['STOREX\r\n', 'no reply'],
    ['XTORED\r\n', 'no reply'],
    ['123456789012345678901\r\n', 'no reply'],
    ['-1\r\n', 'no reply'],
    ['END\rx', 'CR LF'],
    ['VALUE k 0\r\n', 'cut short'],
    ['VALUE k 0 01\r\n', 'no number'],
    ['VALUE k 0 -1\r\n', 'no number'],
    ['VALUE k 0 5 1\r\nhello\r\nEND\r\n', 'no number'],
    ['VALUE k 0 10001\r\n', '10000 bytes'],
    ['VALUE k 0 1\r\nab\r\nEND\r\n', 'not as long'],
    ['VALUE k 0 1\r\na\r\nVALUE', 'not as long'],
    ['VA \r\n', 'no number'],
    ['VA 1 f0\r\na\r\n', 'no number'],
    ['VA 99999999999999999999\r\n', 'no number'],
    ['VA 2\r\na\r\n\r\n', 'not as long'],
    [`SERVER_ERROR ${'a'.repeat(300)}`, '300 bytes'],
  ])('refuses %j, whole and byte by byte', (stream, message) => {
    const expected = expect.objectContaining({ code: 'PROTOCOL', message: expect.stringContaining(message) })
    for (const chunks of [[bytesOf(stream)], splitEverywhere(bytesOf(stream))]) {
      expect(() => decode(chunks)).toThrow(expected)
    }
  })

  it('asserts that its limits make sense', () => {
    for (const limits of [{ lineBytesMax: 299 }, { valueBytesMax: -1 }, { valueBytesMax: 2 ** 31 }]) {
      expect(() => new MemcachedDecoder({ ...LIMITS, ...limits })).toThrow(AssertionError)
    }
  })
})

describe('a writer of memcached', () => {
  const kinds = [KIND_READ, KIND_UPDATE, KIND_INSERT, KIND_READ_MODIFY_WRITE, KIND_DELETE, KIND_ADD, KIND_EXPIRE]

  function write(dialect: MemcachedDialect, written: readonly number[]): string {
    const writer = new MemcachedWriter(dialect, 1)
    for (const kind of written) writer.appendOperation(kind, bytesOf('..key:1.'), 2, 7, bytesOf('value'))
    return Buffer.from(writer.written).toString()
  }

  it('writes every kind of operation with the text commands', () => {
    const set = 'set key:1 0 0 5\r\nvalue\r\n'
    expect(write('text', [...kinds, KIND_INCREMENT])).toBe(
      `get key:1\r\n${set}${set}get key:1\r\ndelete key:1\r\nadd key:1 0 0 5\r\nvalue\r\n` +
        'set key:1 0 2 5\r\nvalue\r\nadd key:1 0 0 1 noreply\r\n0\r\nincr key:1 1\r\n',
    )
  })

  it('writes every kind of operation with the meta commands', () => {
    const set = 'ms key:1 5\r\nvalue\r\n'
    expect(write('meta', [...kinds, KIND_INCREMENT])).toBe(
      `mg key:1 v\r\n${set}${set}mg key:1 v\r\nmd key:1\r\nms key:1 5 ME\r\nvalue\r\n` +
        'ms key:1 5 T2\r\nvalue\r\nma key:1 N0 J1 v\r\n',
    )
  })

  it('refuses a kind that it does not know', () => {
    expect(() => write('text', [99])).toThrow('there is no kind 99')
  })
})
