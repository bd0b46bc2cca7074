import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteWord, splitWords } from './shell-words.ts'

describe('words of a shell', () => {
  it('are left alone where nothing is special', () => {
    expect(quoteWord('/usr/bin/node-20')).toBe('/usr/bin/node-20')
    expect(quoteWord('')).toBe("''")
    expect(quoteWord("it's")).toBe("'it'\\''s'")
  })

  it('are read by a real shell as they were', () => {
    const words = ['', ' ', "it's", '"', '\\', '$HOME', '`id`', 'a\nb', '*', '~', '#', ';&|<>()', '!', 'grüße ✓', '-n']
    const text = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quoteWord).join(' ')}`], { encoding: 'utf8' })
    expect(text.split('\0')).toEqual([...words, ''])
  })

  it('are split as they were quoted', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 12 })
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(splitWords(words.map(quoteWord).join('  '))).toEqual(words)
      }),
    )
  })

  it.each([
    ['ssh -p 2222 -F file', ['ssh', '-p', '2222', '-F', 'file']],
    ['  ssh\t-F "my file"\\ 2 ', ['ssh', '-F', 'my file 2']],
    ['ssh -o \'ProxyCommand nc "%h" %p\'', ['ssh', '-o', 'ProxyCommand nc "%h" %p']],
    ['a\'\'b "\\""', ['ab', '"']],
    ['', []],
  ])('%s is split', (text, words) => {
    expect(splitWords(text)).toEqual(words)
  })

  it('need their quotes closed', () => {
    expect(() => splitWords("ssh -F 'my file")).toThrow('a quote is not closed')
  })
})
