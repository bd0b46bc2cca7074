import { describe, expect, it } from 'vitest'
import { KINDS } from './kinds.ts'
import { NAMED_MIXES, namedMix, parseMix } from './mixes.ts'

function shares(mix: readonly number[]): Record<string, number> {
  return Object.fromEntries(KINDS.flatMap(({ code, name }) => (mix[code] ? [[name, mix[code]]] : [])))
}

describe('named mixes', () => {
  it('are those of YCSB', () => {
    const rows = Object.entries(NAMED_MIXES).map(([letter, { name, mix, distribution }]) => {
      return [letter, name, distribution, shares(mix)]
    })
    expect(rows).toEqual([
      ['a', 'ycsb-a', 'zipf', { read: 0.5, update: 0.5 }],
      ['b', 'ycsb-b', 'zipf', { read: 0.95, update: 0.05 }],
      ['c', 'ycsb-c', 'zipf', { read: 1 }],
      ['d', 'ycsb-d', 'latest', { read: 0.95, insert: 0.05 }],
      ['f', 'ycsb-f', 'zipf', { read: 0.5, rmw: 0.5 }],
    ])
  })

  it('do not have ordered scans', () => {
    expect(() => namedMix('e')).toThrow('Sluice has no ordered scans')
  })

  it.each(['', 'g', 'B', 'ab', 'constructor'])('are not "%s"', (letter) => {
    expect(() => namedMix(letter)).toThrow(`--workload must be one of a, b, c, d, f, not ${letter}`)
  })
})

describe('a mix as text', () => {
  it('may name every kind', () => {
    const text = KINDS.map(({ name, code }) => `${name}=${code + 1}`).join(',')
    expect(parseMix(text)).toEqual(KINDS.map(({ code }) => (code + 1) / 36))
  })

  it('is in percent, or in any weights', () => {
    const mix = { read: 0.8, update: 0.1, delete: 0.05, increment: 0.05 }
    expect(shares(parseMix('read=80,update=10,delete=5,increment=5'))).toEqual(mix)
    expect(shares(parseMix('increment=1,read=16,delete=1,update=2'))).toEqual(mix)
    expect(shares(parseMix('read=0.5,update=1.5'))).toEqual({ read: 0.25, update: 0.75 })
    expect(shares(parseMix('read=3,update=0'))).toEqual({ read: 1 })
  })

  it('is that of the letter where it says the same', () => {
    for (const [letter, text] of [
      ['a', 'read=50,update=50'],
      ['b', 'read=95,update=5'],
      ['c', 'read=1'],
    ] as const) {
      expect(parseMix(text)).toEqual(namedMix(letter).mix)
    }
  })

  it.each([
    ['', '"" is none'],
    ['read', '"read" is none'],
    ['read=', '"read=" is none'],
    ['read=-1', '"read=-1" is none'],
    ['read=1e3', '"read=1e3" is none'],
    ['read=0x10', '"read=0x10" is none'],
    ['read=1,', '"" is none'],
    ['read=1, update=1', '" update=1" is none'],
    ['read = 1', '"read = 1" is none'],
    [`read=${'9'.repeat(400)}`, 'is none'],
    ['scan=5', '--mix knows read, update, insert, rmw, delete, add, increment, expire, not scan'],
    ['read=5,read=5', '--mix names read twice'],
    ['read=0', '--mix must give at least one kind of operation a share'],
  ])('is not "%s"', (text, message) => {
    expect(() => parseMix(text)).toThrow(message)
    expect(() => parseMix(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(() => parseMix(text)).toThrow('--mix')
  })
})
