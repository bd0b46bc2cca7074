import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES, type ErrorCode, SluiceError } from './errors.ts'

const CODES = Object.keys(ERROR_CODES) as ErrorCode[]

describe('the table of codes', () => {
  it('is the one that docs/ERRORS.md shows', () => {
    const document = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')
    const rows = document.split('\n').filter((line) => line.startsWith('| `'))
    const expected = CODES.map((code) => {
      const { retryable, meaning } = ERROR_CODES[code]
      return `| \`${code}\` | ${retryable ? 'yes' : 'no'} | ${meaning} |`
    })
    expect(rows).toEqual(expected)
  })

  it('names codes in capitals and explains each in a sentence', () => {
    for (const code of CODES) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
      expect(ERROR_CODES[code].meaning).toMatch(/^[A-Z].*\.$/)
    }
  })
})

describe('a SluiceError', () => {
  it('carries code, fate, cause and the code’s answer on retries', () => {
    const cause = new Error('socket')
    const error = new SluiceError('DISCONNECTED', 'lost', { cause, fate: 'unknown' })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'SluiceError', code: 'DISCONNECTED', fate: 'unknown', message: 'lost', cause })
    expect(error.retryable).toBe(true)
    expect(new SluiceError('CLOSED', 'closed').retryable).toBe(false)
  })

  it('says not done unless told otherwise, and has no cause unless given', () => {
    const error = new SluiceError('CLOSED', 'closed')
    expect(error.fate).toBe('not-done')
    expect('cause' in error).toBe(false)
  })
})
