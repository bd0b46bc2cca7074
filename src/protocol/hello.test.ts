import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation, arbitrarySplit } from '../../test/support/byte-splits.ts'
import { AssertionError } from '../util/assert.ts'
import { encodeControl, encodeError } from './control.ts'
import { KIND_PING, REPLY_FRAME_BYTES_MAX, WIRE_ERROR_IDLE } from './frame.ts'
import {
  ANSWER_BYTES_MAX,
  AnswerDecoder,
  CLIENT_ID_BYTES,
  decodeAnswer,
  decodeHello,
  encodeAnswer,
  encodeHello,
  FEATURES_KNOWN,
  type Hello,
  type HelloAnswer,
  HelloDecoder,
  helloRefusal,
  PROTOCOL_VERSION,
  REFUSAL_DRAINING,
  REFUSAL_FEATURE,
  REFUSAL_LIMITS,
  REFUSAL_NAMES,
  REFUSAL_NONE,
  REFUSAL_VERSION,
} from './hello.ts'
import { FRAME_BYTES_MAX, HELLO_BYTES_MAX } from './limits.ts'

const HELLO: Hello = {
  versionMin: 1,
  versionMax: 3,
  requiredFeatures: 0,
  optionalFeatures: 0xffff_fffe,
  clientId: Uint8Array.from({ length: CLIENT_ID_BYTES }, (_, index) => 0xf0 + index),
  frameBytesMax: FRAME_BYTES_MAX,
  credentials: Uint8Array.of(1, 2, 3),
}

const ANSWER: HelloAnswer = {
  version: 1,
  refusal: REFUSAL_NONE,
  features: 0x8000_0001,
  incarnation: 2n ** 64n - 1n,
  serverTimeMs: 1_800_000_000_123,
  topologyNumber: Number.MAX_SAFE_INTEGER,
  frameBytesMax: 0xffff_ffff,
  frameOpsMax: 0xffff_fffe,
  replyBytesMax: 0xffff_fffd,
  valueBytesMax: 0xffff_fffc,
  keyBytesMax: 0xffff,
  shards: [
    { shard: 0, view: 0 },
    { shard: 65_535, view: 0xffff_ffff },
  ],
}

const REFUSED: HelloAnswer = { ...ANSWER, version: 0, refusal: REFUSAL_DRAINING, shards: [] }

/** A codec of one of the two messages, and a message to try it with. */
interface Side {
  readonly name: string
  readonly message: unknown
  readonly bytes: Uint8Array
  readonly bytesMax: number
  decode(bytes: Uint8Array): unknown
  newDecoder(): { readonly rest: Uint8Array; push(chunk: Uint8Array): unknown }
}

const SIDES: readonly Side[] = [
  {
    name: 'hello',
    message: HELLO,
    bytes: encodeHello(HELLO),
    bytesMax: HELLO_BYTES_MAX,
    decode: decodeHello,
    newDecoder: () => new HelloDecoder(),
  },
  {
    name: 'answer',
    message: ANSWER,
    bytes: encodeAnswer(ANSWER),
    bytesMax: ANSWER_BYTES_MAX,
    decode: decodeAnswer,
    newDecoder: () => new AnswerDecoder(),
  },
]

/** Decodes a stream of chunks: the message if there is a whole one, and what lies behind it. */
function decodeStream(side: Side, chunks: readonly Uint8Array[]): { message: unknown; rest: Uint8Array } {
  const decoder = side.newDecoder()
  for (const [index, chunk] of chunks.entries()) {
    const message = decoder.push(chunk)
    if (message !== undefined) return { message, rest: Buffer.concat([decoder.rest, ...chunks.slice(index + 1)]) }
  }
  return { message: undefined, rest: new Uint8Array(0) }
}

describe.each(SIDES)('the $name', (side) => {
  const { message, bytes, bytesMax } = side

  it('comes back as it was, however it is cut, and leaves what follows', () => {
    const following = Uint8Array.of(9, 8, 7, 6)
    fc.assert(
      fc.property(arbitrarySplit(Uint8Array.of(...bytes, ...following)), (chunks) => {
        const decoded = decodeStream(side, chunks)
        expect(decoded.message).toEqual(message)
        expect([...decoded.rest]).toEqual([...following])
      }),
    )
    expect(side.decode(bytes)).toEqual(message)
  })

  it('is not given before its last byte', () => {
    for (let end = 0; end < bytes.length; end++) {
      expect(side.newDecoder().push(bytes.slice(0, end))).toBeUndefined()
    }
  })

  it('keeps no view of the bytes that it was decoded from', () => {
    const own = bytes.slice()
    const { message: decoded } = decodeStream(side, [own])
    own.fill(0xff)
    expect(decoded).toEqual(message)
    const whole = bytes.slice()
    const again = side.decode(whole)
    whole.fill(0xff)
    expect(again).toEqual(message)
  })

  it('is refused at the first byte that cannot be right, and ever after', () => {
    // A single byte may be the length of an error in place of an answer.
    const first = side.name === 'answer' ? Uint8Array.of(0x2a, 0x54) : Uint8Array.of(0x2a)
    for (let at = 0; at < 4; at++) {
      const decoder = side.newDecoder()
      expect(decoder.push(bytes.slice(0, at))).toBeUndefined()
      const isProtocolError = expect.objectContaining({ code: 'PROTOCOL' })
      expect(() => decoder.push(first)).toThrow(isProtocolError)
      expect(() => decoder.push(bytes.slice(at))).toThrow(isProtocolError)
    }
  })

  it.each([0, 5, 6, bytesMax + 1])('is refused as soon as it says that it has %i bytes', (messageBytes) => {
    const head = bytes.slice(0, 6)
    head.set([messageBytes & 0xff, (messageBytes >> 8) & 0xff], 4)
    expect(() => side.newDecoder().push(head)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('is refused when it is shorter or longer than it says', () => {
    for (const wrong of [bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array(0)]) {
      expect(() => side.decode(wrong)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    }
  })

  it('is a message, or incomplete, or PROTOCOL, whatever the bytes are', () => {
    fc.assert(
      fc.property(arbitraryMutation(bytes).chain(arbitrarySplit), (chunks) => {
        try {
          decodeStream(side, chunks)
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
        }
      }),
    )
  })
})

describe('a hello', () => {
  it.each([36, 42, 43, 44, 47])('has a reserved byte at %i', (at) => {
    const bytes = encodeHello(HELLO)
    bytes[at] = 1
    expect(() => decodeHello(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('is exactly as long as its credentials make it', () => {
    const bytes = encodeHello(HELLO)
    bytes[40] = 2
    expect(() => decodeHello(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('asserts the sizes of its parts', () => {
    expect(() => encodeHello({ ...HELLO, clientId: new Uint8Array(15) })).toThrow(AssertionError)
    const credentials = new Uint8Array(HELLO_BYTES_MAX - 48)
    expect(decodeHello(encodeHello({ ...HELLO, credentials })).credentials).toHaveLength(credentials.length)
    expect(() => encodeHello({ ...HELLO, credentials: new Uint8Array(HELLO_BYTES_MAX - 47) })).toThrow(AssertionError)
  })

  it.each([
    ['fits', {}, REFUSAL_NONE],
    ['asks for later versions only', { versionMin: PROTOCOL_VERSION + 1 }, REFUSAL_VERSION],
    ['asks for earlier versions only', { versionMin: 0, versionMax: PROTOCOL_VERSION - 1 }, REFUSAL_VERSION],
    ['requires an unknown feature', { requiredFeatures: 0x8000_0000 }, REFUSAL_FEATURE],
    ['requires what is known', { requiredFeatures: FEATURES_KNOWN }, REFUSAL_NONE],
    ['takes the largest reply', { frameBytesMax: REPLY_FRAME_BYTES_MAX }, REFUSAL_NONE],
    ['does not take the largest reply', { frameBytesMax: REPLY_FRAME_BYTES_MAX - 1 }, REFUSAL_LIMITS],
  ])('that %s gets the refusal it deserves', (_, change, refusal) => {
    expect(helloRefusal({ ...HELLO, ...change })).toBe(refusal)
  })
})

describe('an answer', () => {
  it('can refuse', () => {
    expect(decodeAnswer(encodeAnswer(REFUSED))).toEqual(REFUSED)
    expect(REFUSAL_NAMES[REFUSED.refusal]).toBe('draining')
  })

  it('accepts or refuses, never both or neither', () => {
    for (const [version, refusal] of [
      [0, REFUSAL_NONE],
      [1, REFUSAL_DRAINING],
    ] as const) {
      expect(() => encodeAnswer({ ...ANSWER, version, refusal })).toThrow(AssertionError)
      const bytes = encodeAnswer(ANSWER)
      bytes.set([version, refusal], 6)
      expect(() => decodeAnswer(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    }
  })

  it.each([12, 15, 60, 66, 75])('has a reserved byte at %i', (at) => {
    const bytes = encodeAnswer(ANSWER)
    bytes[at] = 1
    expect(() => decodeAnswer(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it.each([31, 39])('holds times and numbers below 2^53 only: byte %i', (at) => {
    const bytes = encodeAnswer(ANSWER)
    bytes[at] = 1
    expect(() => decodeAnswer(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('is exactly as long as its shards make it', () => {
    const bytes = encodeAnswer(ANSWER)
    bytes[58] = 1
    expect(() => decodeAnswer(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})

describe('an error in place of an answer', () => {
  // 211 bytes, 0xD3, begin as the magic does.
  const texts = ['no whole hello came in time', '', 'x'.repeat(211 - 20), 'x'.repeat(HELLO_BYTES_MAX - 20)]

  it.each(texts.map((text) => [20 + text.length, text] as const))(
    'is read, wherever it is cut in two: %i bytes',
    (count, text) => {
      const bytes = encodeError(WIRE_ERROR_IDLE, text)
      expect(bytes).toHaveLength(count)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const decoder = new AnswerDecoder()
        expect(decoder.push(bytes.slice(0, cut))).toBeUndefined()
        expect(decoder.error === undefined).toBe(cut < bytes.length)
        expect(decoder.push(bytes.slice(cut))).toBeUndefined()
        expect(decoder.error).toEqual({ code: WIRE_ERROR_IDLE, text })
      }
    },
  )

  it('is read, however it is cut', () => {
    const bytes = encodeError(WIRE_ERROR_IDLE, texts[2] as string)
    fc.assert(
      fc.property(arbitrarySplit(bytes), (chunks) => {
        const decoder = new AnswerDecoder()
        for (const chunk of chunks) expect(decoder.push(chunk)).toBeUndefined()
        expect(decoder.error).toEqual({ code: WIRE_ERROR_IDLE, text: texts[2] })
      }),
    )
  })

  it.each([
    ['longer than a hello', encodeError(WIRE_ERROR_IDLE, 'x'.repeat(HELLO_BYTES_MAX))],
    ['another frame', encodeControl(KIND_PING, 0, '')],
    ['no text', encodeError(WIRE_ERROR_IDLE, 'x').fill(0xff, 20)],
  ])('is refused when it is %s', (_, bytes) => {
    expect(() => new AnswerDecoder().push(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })
})
