import { describe, expect, it } from 'vitest'
import * as statuses from './statuses.ts'

describe('the status table', () => {
  it('has codes that are dense from 0, and unique names', () => {
    const rows = statuses.STATUSES
    expect(rows.map((row) => row.code)).toEqual(Array.from({ length: statuses.STATUS_END }, (_, index) => index))
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length)
  })

  it('names each constant', () => {
    for (const row of statuses.STATUSES) {
      const constant = `STATUS_${row.name.toUpperCase().replaceAll('-', '_')}`
      expect(statuses).toHaveProperty(constant, row.code)
    }
  })
})

describe('the outcomes', () => {
  it('have a unique name each', () => {
    expect(statuses.OUTCOME_NAMES).toHaveLength(statuses.OUTCOME_END)
    expect(new Set(statuses.OUTCOME_NAMES).size).toBe(statuses.OUTCOME_END)
    statuses.OUTCOME_NAMES.forEach((name, code) => {
      expect(statuses).toHaveProperty(`OUTCOME_${name.toUpperCase().replaceAll('-', '_')}`, code)
    })
  })
})
