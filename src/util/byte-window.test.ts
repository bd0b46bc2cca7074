import fc from 'fast-check'
import { expect, it } from 'vitest'
import { arbitrarySplit } from '../../test/support/byte-splits.ts'
import { ByteWindow } from './byte-window.ts'

/** Messages of a length byte and that many bytes: the simplest thing that a window is for. */
function takeMessages(window: ByteWindow): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (;;) {
    window.checkInvariants()
    const { bytes, at, end } = window
    const messageBytes = at === end ? 1 : 1 + (bytes[at] as number)
    if (at < end && end - at >= messageBytes) {
      messages.push(bytes.subarray(at + 1, at + messageBytes))
      window.advance(at + messageBytes)
    } else if (!window.extend(messageBytes)) {
      return messages
    }
  }
}

it('gives each message whole and unchanged, however the stream is cut and whenever it is read', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 20 })
  const input = messages.chain((each) => {
    const stream = new Uint8Array(Buffer.concat(each.flatMap((message) => [Uint8Array.of(message.length), message])))
    return fc.tuple(fc.constant(each), arbitrarySplit(stream), fc.infiniteStream(fc.boolean()))
  })
  fc.assert(
    fc.property(input, ([expected, chunks, pulls]) => {
      const window = new ByteWindow()
      const taken: Uint8Array[] = []
      for (const chunk of chunks) {
        window.push(chunk)
        window.checkInvariants()
        if (pulls.next().value === true) taken.push(...takeMessages(window))
      }
      taken.push(...takeMessages(window))
      expect(taken.map((each) => [...each])).toEqual(expected.map((each) => [...each]))
      expect(window.unreadBytes).toBe(0)
    }),
  )
})

it('copies of the second chunk only what the message needs that lies in both', () => {
  const window = new ByteWindow()
  window.push(Uint8Array.of(100, 1, 2))
  expect(takeMessages(window)).toEqual([])
  const second = new Uint8Array(100_000)
  second[98] = 1
  window.push(second)
  window.extend(101)
  expect(window.bytes.length).toBeLessThanOrEqual(2 * 101)
  window.advance(101)
  expect([window.bytes.buffer, window.at]).toEqual([second.buffer, 98])
  window.drop()
  expect(window.unreadBytes).toBe(0)
})
