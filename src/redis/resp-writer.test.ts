import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../util/assert.ts'
import { encodeArguments, encodeCommandHead, RespWriter } from './resp-writer.ts'

function textOf(writer: RespWriter): string {
  return Buffer.from(writer.written).toString('latin1')
}

/** A command the plain way. */
function plainCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word, 'latin1')}\r\n${word}\r\n`).join('')}`
}

describe('a writer of Redis commands', () => {
  it('writes commands one after the other', () => {
    const writer = new RespWriter(1)
    const key = new Uint8Array(Buffer.from('..key:1..'))
    writer.appendEncoded(encodeCommandHead(2, 'GET'))
    writer.appendArgument(key, 2, 7)
    writer.appendEncoded(encodeCommandHead(5, 'SET'))
    writer.appendArgument(key, 2, 7)
    writer.appendArgument(key, 0, 0)
    writer.appendEncoded(encodeArguments('PX'))
    writer.appendIntegerArgument(2_000)
    expect(textOf(writer)).toBe(plainCommand(['GET', 'key:1']) + plainCommand(['SET', 'key:1', '', 'PX', '2000']))
    writer.clear()
    expect(textOf(writer)).toBe('')
  })

  it('writes arguments of any length and any whole number as a plain encoder does', () => {
    const argument = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constantFrom(9, 10, 31, 32, 33, 99, 100, 101, 999, 1_000, 70_000).map((size) => new Uint8Array(size).fill(7)),
      fc.maxSafeNat(),
      fc.constantFrom(0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, Number.MAX_SAFE_INTEGER),
    )
    fc.assert(
      fc.property(fc.array(argument), fc.integer({ min: 1, max: 100 }), (args, room) => {
        const writer = new RespWriter(room)
        writer.appendEncoded(encodeCommandHead(args.length + 1, 'X'))
        for (const each of args) {
          if (typeof each === 'number') writer.appendIntegerArgument(each)
          else writer.appendArgument(each, 0, each.length)
        }
        const words = args.map((each) => (typeof each === 'number' ? `${each}` : Buffer.from(each).toString('latin1')))
        expect(textOf(writer)).toBe(plainCommand(['X', ...words]))
      }),
    )
  })

  it('encodes several words into a head', () => {
    const head = Buffer.from(encodeCommandHead(3, 'CLIENT', 'SETNAME')).toString()
    expect(head).toBe('*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n')
  })

  it('asserts what its caller promises', () => {
    const writer = new RespWriter(10)
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => writer.appendIntegerArgument(value)).toThrow(AssertionError)
    expect(() => encodeCommandHead(1, 'A', 'B')).toThrow(AssertionError)
    expect(() => new RespWriter(0)).toThrow(AssertionError)
    expect(() => writer.reserve(2 ** 31)).toThrow(AssertionError)
  })
})
