import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitrarySplit, splitEverywhere } from '../../../test/support/byte-splits.ts'
import { encodeLine, LineDecoder, parseLine } from './json-lines.ts'

function linesOf(chunks: readonly Uint8Array[], decoder = new LineDecoder()): string[] {
  const lines: string[] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let line = decoder.next(); line !== undefined; line = decoder.next()) lines.push(line)
  }
  return lines
}

describe('lines of JSON', () => {
  it('arrive whole, however they are split, characters of several bytes too', () => {
    const messages = [{}, { text: 'a\nb\r' }, { text: '✓ grüße 𝄞' }, { list: [1, -2.5, null] }]
    const bytes = Buffer.from(messages.map((message) => encodeLine(message)).join(''))
    expect(linesOf(splitEverywhere(bytes)).map(parseLine)).toEqual(messages)
    fc.assert(
      fc.property(arbitrarySplit(bytes), (chunks) => {
        expect(linesOf(chunks).map(parseLine)).toEqual(messages)
      }),
    )
  })

  it('may be empty, and wait for their end', () => {
    expect(linesOf([Buffer.from('\n\nabc')])).toEqual(['', ''])
  })

  it('are bounded, wherever they are split', () => {
    const decoder = (): LineDecoder => new LineDecoder(4)
    expect(linesOf([Buffer.from('abcd\nefgh\n')], decoder())).toEqual(['abcd', 'efgh'])
    expect(() => linesOf([Buffer.from('abcde\n')], decoder())).toThrow('longer than 4 bytes')
    const dead = decoder()
    expect(() => linesOf(splitEverywhere(Buffer.from('abcde')), dead)).toThrow('longer than 4 bytes')
    expect(() => dead.push(Buffer.from('a'))).toThrow('dead')
    expect(() => encodeLine({ text: '𝄞𝄞' }, 18)).toThrow('fits a line')
    expect(encodeLine({ text: '𝄞𝄞' }, 19)).toHaveLength(16)
  })

  it.each(['', 'welcome', '{"type":', '[]', 'null', '1'])('%j is no message', (line) => {
    expect(() => parseLine(line)).toThrow('no message')
  })
})
