import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../util/assert.ts'
import { decodeControl, decodeError, encodeControl, encodeError } from './control.ts'
import { FRAME_KINDS, KIND_ADMIN, KIND_ERROR, KIND_OPERATIONS, KIND_PING, WIRE_ERROR_IDLE } from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { CONTROL_BYTES_MAX, FRAME_BYTES_MAX } from './limits.ts'

function load(frame: Uint8Array): FrameDecoder {
  const decoder = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  decoder.push(frame)
  expect(decoder.next()).toBe(true)
  return decoder
}

describe('a control frame', () => {
  it.each(FRAME_KINDS.filter((row) => row.body === 'text'))('of kind $name carries its text', ({ code }) => {
    for (const text of ['', '{"a":"\u00e9\u{1f600}"}', '\ufeff']) {
      const { kind, sequence, sectionCount, flags, bytes, start, end } = load(encodeControl(code, 0xffff_ffff, text))
      expect({ kind, sequence, sectionCount, flags }).toEqual({
        kind: code,
        sequence: 0xffff_ffff,
        sectionCount: 0,
        flags: 0,
      })
      expect(decodeControl(code, bytes, start, end)).toBe(text)
    }
  })

  it.each(FRAME_KINDS.filter((row) => row.body === 'empty'))('of kind $name is empty', ({ code }) => {
    const { bytes, start, end } = load(encodeControl(code, 5, ''))
    expect(end).toBe(start)
    expect(decodeControl(code, bytes, start, end)).toBe('')
    expect(() => decodeControl(code, new Uint8Array(1), 0, 1)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    expect(() => encodeControl(code, 5, 'x')).toThrow(AssertionError)
  })

  it('takes text up to its limit', () => {
    const text = 'x'.repeat(CONTROL_BYTES_MAX)
    const { bytes, start, end } = load(encodeControl(KIND_ADMIN, 0, text))
    expect(decodeControl(KIND_ADMIN, bytes, start, end) === text).toBe(true)
    expect(() => encodeControl(KIND_ADMIN, 0, `${text}x`)).toThrow(AssertionError)
    const longer = new Uint8Array(CONTROL_BYTES_MAX + 1)
    const decode = () => decodeControl(KIND_ADMIN, longer, 0, longer.length)
    expect(decode).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('is text or PROTOCOL, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const decode of [
          () => decodeControl(KIND_ADMIN, bytes, 0, bytes.length),
          () => decodeError(bytes, 0, bytes.length),
        ]) {
          try {
            decode()
          } catch (error) {
            expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
          }
        }
      }),
    )
  })

  it('asserts that its kind has text or nothing', () => {
    for (const kind of [0, KIND_OPERATIONS, KIND_ERROR, FRAME_KINDS.length + 1]) {
      expect(() => encodeControl(kind, 0, '')).toThrow(AssertionError)
      expect(() => decodeControl(kind, new Uint8Array(0), 0, 0)).toThrow(AssertionError)
    }
  })

  it('is read from where it lies', () => {
    expect(decodeControl(KIND_ADMIN, Uint8Array.of(0xff, 0x61, 0xff), 1, 2)).toBe('a')
    expect(decodeControl(KIND_PING, Uint8Array.of(0xff), 1, 1)).toBe('')
  })
})

describe('an error frame', () => {
  it('carries code and text', () => {
    const { kind, sequence, bytes, start, end } = load(encodeError(WIRE_ERROR_IDLE, 'idle for 60 s'))
    expect([kind, sequence]).toEqual([KIND_ERROR, 0])
    expect(decodeError(bytes, start, end)).toEqual({ code: WIRE_ERROR_IDLE, text: 'idle for 60 s' })
  })

  it('may carry a code of a later version', () => {
    expect(decodeError(Uint8Array.of(0xff, 0xff, 0, 0), 0, 4)).toEqual({ code: 0xffff, text: '' })
  })

  it.each([
    ['too short', [1, 0, 0]],
    ['with reserved bytes', [1, 0, 0, 1]],
    ['with malformed text', [1, 0, 0, 0, 0xff]],
  ])('%s is refused', (_, body) => {
    expect(() => decodeError(Uint8Array.from(body), 0, body.length)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL' }),
    )
  })
})
