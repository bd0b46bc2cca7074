import { describe, expect, it } from 'vitest'
import * as codes from './codes.ts'
import { OUTCOME_NAMES, STATUSES } from './statuses.ts'

describe('the status table', () => {
  it('has codes that are dense from 0, and unique names', () => {
    const rows = STATUSES
    expect(rows.map((row) => row.code)).toEqual(Array.from({ length: codes.STATUS_END }, (_, index) => index))
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length)
  })

  it('names each constant', () => {
    for (const row of STATUSES) {
      const constant = `STATUS_${row.name.toUpperCase().replaceAll('-', '_')}`
      expect(codes).toHaveProperty(constant, row.code)
    }
  })

  it('says whether each status is done', () => {
    const notDone = STATUSES.filter(({ isDone }) => !isDone).map(({ name }) => name)
    expect(notDone).toEqual(['no-memory', 'not-a-number', 'overflow', 'too-large', 'aborted'])
  })

  it('has nothing behind a status that is not done', () => {
    for (const { isDone, shape } of STATUSES) expect(isDone || shape === 'empty').toBe(true)
  })
})

describe('the outcomes', () => {
  it('have a unique name each', () => {
    expect(OUTCOME_NAMES).toHaveLength(codes.OUTCOME_END)
    expect(new Set(OUTCOME_NAMES).size).toBe(codes.OUTCOME_END)
    OUTCOME_NAMES.forEach((name, code) => {
      expect(codes).toHaveProperty(`OUTCOME_${name.toUpperCase().replaceAll('-', '_')}`, code)
    })
  })
})
