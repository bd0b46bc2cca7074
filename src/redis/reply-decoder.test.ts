import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation, arbitrarySplit, splitAt, splitEverywhere } from '../../test/support/byte-splits.ts'
import {
  arbitraryReply,
  OpenReply,
  parseReplies,
  type ReplyTree,
  takeReplies,
} from '../../test/support/reply-oracle.ts'
import { AssertionError } from '../util/assert.ts'
import { ReplyDecoder, type ReplyDecoderLimits } from './reply-decoder.ts'
import {
  REPLY_ARRAY,
  REPLY_BIG_NUMBER,
  REPLY_BOOLEAN,
  REPLY_BULK,
  REPLY_DOUBLE,
  REPLY_ERROR,
  REPLY_INTEGER,
  REPLY_MAP,
  REPLY_NULL,
  REPLY_PUSH,
  REPLY_SET,
  REPLY_TEXT,
  REPLY_VERBATIM,
} from './reply-kinds.ts'

const LIMITS: ReplyDecoderLimits = { lineBytesMax: 1_000, bulkBytesMax: 10_000, elementsMax: 100, depthMax: 20 }

/** Every type, as the specification of RESP3 and the sources of Redis 7.0 write them. */
const EXAMPLES: readonly (readonly [stream: string, tree: ReplyTree])[] = [
  ['+OK\r\n', [REPLY_TEXT, 'OK']],
  ['+\r\n', [REPLY_TEXT, '']],
  ['-WRONGTYPE Operation against\r\n', [REPLY_ERROR, 'WRONGTYPE Operation against']],
  ['!21\r\nSYNTAX invalid syntax\r\n', [REPLY_ERROR, 'SYNTAX invalid syntax']],
  [':0\r\n', [REPLY_INTEGER, 0n]],
  [':-1\r\n', [REPLY_INTEGER, -1n]],
  [':123456789012345\r\n', [REPLY_INTEGER, 123_456_789_012_345n]],
  [':9223372036854775807\r\n', [REPLY_INTEGER, 2n ** 63n - 1n]],
  [':-9223372036854775808\r\n', [REPLY_INTEGER, -(2n ** 63n)]],
  ['$0\r\n\r\n', [REPLY_BULK, '']],
  ['$7\r\na\r\nb\0\xff!\r\n', [REPLY_BULK, 'a\r\nb\0\xff!']],
  ['$-1\r\n', [REPLY_NULL]],
  ['*-1\r\n', [REPLY_NULL]],
  ['_\r\n', [REPLY_NULL]],
  [',3.25\r\n', [REPLY_DOUBLE, 3.25]],
  [',-1e-7\r\n', [REPLY_DOUBLE, -1e-7]],
  [',10\r\n', [REPLY_DOUBLE, 10]],
  [',inf\r\n', [REPLY_DOUBLE, Number.POSITIVE_INFINITY]],
  [',-inf\r\n', [REPLY_DOUBLE, Number.NEGATIVE_INFINITY]],
  [',nan\r\n', [REPLY_DOUBLE, Number.NaN]],
  ['#t\r\n', [REPLY_BOOLEAN, 1]],
  ['#f\r\n', [REPLY_BOOLEAN, 0]],
  [
    '(-3492890328409238509324850943850943825024385\r\n',
    [REPLY_BIG_NUMBER, -3492890328409238509324850943850943825024385n],
  ],
  ['=15\r\ntxt:Some string\r\n', [REPLY_VERBATIM, 'Some string']],
  ['*0\r\n', [REPLY_ARRAY, []]],
  ['%0\r\n', [REPLY_MAP, []]],
  ['~1\r\n+a\r\n', [REPLY_SET, [[REPLY_TEXT, 'a']]]],
  ['>1\r\n$1\r\nx\r\n', [REPLY_PUSH, [[REPLY_BULK, 'x']]]],
  [
    '%1\r\n+k\r\n*2\r\n:1\r\n*0\r\n',
    [
      REPLY_MAP,
      [
        [REPLY_TEXT, 'k'],
        [
          REPLY_ARRAY,
          [
            [REPLY_INTEGER, 1n],
            [REPLY_ARRAY, []],
          ],
        ],
      ],
    ],
  ],
]

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function decode(chunks: readonly Uint8Array[], limits: Partial<ReplyDecoderLimits> = {}): ReplyTree[] {
  const decoder = new ReplyDecoder({ ...LIMITS, ...limits })
  const open = new OpenReply()
  return chunks.flatMap((chunk) => {
    decoder.push(chunk)
    return takeReplies(decoder, open)
  })
}

describe('a reply decoder', () => {
  it.each(EXAMPLES)('reads %j, whole and byte by byte', (stream, tree) => {
    const bytes = bytesOf(stream)
    expect(decode([bytes])).toEqual([tree])
    expect(decode(splitEverywhere(bytes))).toEqual([tree])
    for (let at = 0; at <= bytes.length; at++) expect(decode(splitAt(bytes, [at]))).toEqual([tree])
  })

  it('reads what a plain parser reads, however the stream is cut and whenever replies are taken', () => {
    const input = fc.array(arbitraryReply, { maxLength: 10 }).chain((replies) => {
      const stream = bytesOf(replies.join(''))
      return fc.tuple(fc.constant(stream), arbitrarySplit(stream), fc.infiniteStream(fc.boolean()))
    })
    fc.assert(
      fc.property(input, ([stream, chunks, pulls]) => {
        const decoder = new ReplyDecoder(LIMITS)
        const open = new OpenReply()
        const trees: ReplyTree[] = []
        for (const chunk of chunks) {
          decoder.push(chunk)
          decoder.checkInvariants()
          if (pulls.next().value === true) trees.push(...takeReplies(decoder, open))
        }
        trees.push(...takeReplies(decoder, open))
        expect(trees).toEqual(parseReplies(stream))
        expect(decoder.bufferedBytes).toBe(0)
      }),
    )
  })

  it('gives elements inside their arrays, or PROTOCOL once and for all, whatever the bytes are', () => {
    const stream = bytesOf(EXAMPLES.map(([text]) => text).join(''))
    const hostile = fc.oneof(arbitraryMutation(stream), fc.uint8Array({ maxLength: 60 }))
    fc.assert(
      fc.property(hostile.chain(arbitrarySplit), (chunks) => {
        const decoder = new ReplyDecoder(LIMITS)
        try {
          for (const chunk of chunks) {
            decoder.push(chunk)
            while (decoder.next()) {
              expect(decoder.start).toBeLessThanOrEqual(decoder.end)
              expect(decoder.end).toBeLessThanOrEqual(decoder.bytes.length)
              decoder.checkInvariants()
            }
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
          expect(() => decoder.next()).toThrow(error as Error)
          expect(() => decoder.push(bytesOf('+'))).toThrow(error as Error)
        }
        decoder.checkInvariants()
      }),
    )
  })

  it.each([
    ['HTTP/1.1 400', 'unknown type "H"'],
    ['\r\n', 'unknown type'],
    ['+a\n', 'CR LF'],
    ['+a\rb', 'CR LF'],
    ['+a\r\r', 'CR LF'],
    [':\r\n', 'integer'],
    [':+1\r\n', 'integer'],
    [':01\r\n', 'integer'],
    [':-0\r\n', 'integer'],
    [': 1\r\n', 'integer'],
    [':1e3\r\n', 'integer'],
    [':0x10\r\n', 'integer'],
    [':9223372036854775808\r\n', 'integer'],
    [':-9223372036854775809\r\n', 'integer'],
    [`:${'1'.repeat(65)}\r\n`, 'number is too long'],
    ['$\r\n', 'length'],
    ['$-2\r\n', 'length'],
    ['$-11\r\n', 'length'],
    ['$+1\r\n', 'length'],
    ['$01\r\na\r\n', 'length'],
    ['$1x', 'length'],
    ['$1\rx', 'CR LF'],
    ['$?\r\n', 'length'],
    ['$10001', '10000 bytes'],
    ['$99999999999999999999', '10000 bytes'],
    ['$1\r\nab\r', 'not as long'],
    ['$1\r\na\n\n', 'not as long'],
    ['!-1\r\n', 'length'],
    ['=3\r\ntxt\r\n', 'format'],
    ['=5\r\ntextx\r\n', 'format'],
    ['*-2\r\n', 'count'],
    ['*\r\n', 'count'],
    ['*1.5\r\n', 'count'],
    ['%-1\r\n', 'count'],
    ['*101\r\n', '100 elements'],
    ['%51\r\n', '100 elements'],
    ['*99999999999999999999\r\n', 'count'],
    ['*1\r\n'.repeat(21), '20 nested'],
    [`+${'a'.repeat(1_001)}`, '1000 bytes'],
    [`(${'1'.repeat(1_001)}\r\n`, '1000 bytes'],
    [',\r\n', 'double'],
    [',1,5\r\n', 'double'],
    [',Infinity\r\n', 'double'],
    [',0x1\r\n', 'double'],
    ['#1\r\n', 'boolean'],
    ['(1.0\r\n', 'big number'],
    ['_x\r\n', 'null'],
  ])('refuses %j, whole and byte by byte', (stream, message) => {
    const expected = expect.objectContaining({ code: 'PROTOCOL', message: expect.stringContaining(message) })
    for (const chunks of [[bytesOf(stream)], splitEverywhere(bytesOf(stream))]) {
      expect(() => decode(chunks)).toThrow(expected)
    }
  })

  it('takes what is exactly at its limits', () => {
    const streams = [
      `+${'a'.repeat(1_000)}\r\n`,
      `$10000\r\n${'b'.repeat(10_000)}\r\n`,
      `*100\r\n${':1\r\n'.repeat(100)}`,
    ]
    const nested = `${'*1\r\n'.repeat(20)}:1\r\n`
    for (const stream of [...streams, nested]) {
      expect(decode([bytesOf(stream)])).toEqual(parseReplies(bytesOf(stream)))
      expect(decode(splitEverywhere(bytesOf(stream)))).toEqual(parseReplies(bytesOf(stream)))
    }
    expect(decode([bytesOf('$0\r\n\r\n')], { bulkBytesMax: 0, depthMax: 0 })).toEqual([[REPLY_BULK, '']])
  })

  it('does not copy a value that lies in one chunk, or in chunks that follow each other in memory', () => {
    const stream = bytesOf('$5\r\nhello\r\n'.repeat(4))
    for (const cuts of [[], [3, 14, 25], [1, 2, 3, 4, 20]]) {
      const decoder = new ReplyDecoder(LIMITS)
      let count = 0
      for (const [index, start] of [0, ...cuts].entries()) {
        decoder.push(stream.subarray(start, cuts[index] ?? stream.length))
        for (; decoder.next(); count++) expect(decoder.bytes.buffer).toBe(stream.buffer)
      }
      expect(count).toBe(4)
    }
  })

  it('allocates for bytes that arrived, not for a length that was claimed', () => {
    const before = process.memoryUsage().arrayBuffers
    const decoders = Array.from({ length: 100 }, () => {
      const decoder = new ReplyDecoder({ ...LIMITS, bulkBytesMax: 2 ** 30, elementsMax: 2 ** 30 })
      for (const chunk of ['*1000000\r\n', '$100', '0000000\r\n', 'abc']) {
        decoder.push(bytesOf(chunk))
        while (decoder.next()) {}
      }
      return decoder
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024)
    expect(decoders.map((decoder) => decoder.bufferedBytes)).toEqual(new Array(100).fill(16))
  })

  it('keeps earlier values as they were while later ones arrive', () => {
    const values = Array.from({ length: 50 }, (_, index) => `value ${index}`.repeat(index))
    const stream = bytesOf(values.map((value) => `$${value.length}\r\n${value}\r\n`).join(''))
    const decoder = new ReplyDecoder(LIMITS)
    const seen: Uint8Array[] = []
    for (const chunk of splitEverywhere(stream)) {
      decoder.push(chunk)
      while (decoder.next()) seen.push(decoder.bytes.subarray(decoder.start, decoder.end))
    }
    expect(seen.map((value) => Buffer.from(value).toString())).toEqual(values)
  })

  it.each([
    { lineBytesMax: 63 },
    { bulkBytesMax: -1 },
    { bulkBytesMax: 2 ** 31 },
    { elementsMax: 0 },
    { depthMax: -1 },
  ])('asserts that the limit %j makes sense', (limit) => {
    expect(() => new ReplyDecoder({ ...LIMITS, ...limit })).toThrow(AssertionError)
  })
})
