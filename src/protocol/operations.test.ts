import { describe, expect, it } from 'vitest'
import { OP_CODE_END, OP_CODE_MASK, OP_WITH_VERSION } from './codes.ts'
import { OPERATIONS } from './operations.ts'

describe('the operation table', () => {
  it('has codes that are dense from 1 and fit the operation byte', () => {
    expect(OPERATIONS.map((row) => row.code)).toEqual(Array.from({ length: OP_CODE_END - 1 }, (_, index) => index + 1))
    expect(OP_CODE_END - 1).toBeLessThanOrEqual(0x3f)
    expect(OP_CODE_MASK & OP_WITH_VERSION).toBe(0)
    expect(OP_CODE_MASK | OP_WITH_VERSION).toBe(0xff)
  })

  it('has unique lower-case names', () => {
    const names = OPERATIONS.map((row) => row.name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z-]+$/)
  })

  it('has a value only in writes', () => {
    for (const row of OPERATIONS) expect(row.isWrite || !row.hasValue).toBe(true)
  })
})
