import { describe, expect, it } from 'vitest'
import * as codes from '../protocol/codes.ts'
import { readResults } from '../protocol/result-reader.ts'
import { RESULT_SHAPES, STATUSES } from '../protocol/statuses.ts'
import { SluiceError } from '../util/errors.ts'
import { BatchResults } from './batch-results.ts'
import { STATUS_NOT_DONE, STATUS_UNKNOWN } from './columns.ts'
import { Pools } from './pools.ts'

const VERSION = 7n

const ROWS = STATUSES.filter(({ code }) => code !== codes.STATUS_REPEAT)

/** One result for each status, as if operation i had got row i. */
function resultsOfEveryStatus(): BatchResults {
  const word = (low: number) => [low, 0, 0, 0, 0, 0, 0, 0]
  const reply = Uint8Array.from(
    ROWS.flatMap(({ code, shape }) => {
      const { hasLength, stampBytes, numberBytes } = RESULT_SHAPES[shape]
      return [
        code,
        ...(hasLength ? [2] : []),
        ...(stampBytes === 16 ? word(5) : []),
        ...(stampBytes > 0 ? word(Number(VERSION)) : []),
        ...(numberBytes > 0 ? word(42) : []),
        ...(hasLength ? [0x76, 0x31] : []),
      ]
    }),
  )
  const pools = new Pools()
  const columns = pools.columns.take(ROWS.length)
  columns.sources.fill(0)
  readResults(reply, 0, reply.length, ROWS.length, columns, 0)
  return new BatchResults(columns, ROWS.length, [{ bytes: reply, reuse: undefined }], [], pools)
}

/** Names of the statuses for which the property holds. */
function namesWhere(holds: (results: BatchResults, index: number) => boolean): string[] {
  const results = resultsOfEveryStatus()
  return ROWS.filter((_, index) => holds(results, index)).map(({ name }) => name)
}

describe('the results of a batch', () => {
  it('say for every status whether it is done', () => {
    expect(namesWhere((results, index) => results.fate(index) !== 'done')).toEqual([
      'no-memory',
      'not-a-number',
      'overflow',
      'too-large',
      'aborted',
    ])
  })

  it('have an error for what is not done, and only for that', () => {
    const results = resultsOfEveryStatus()
    const errors = ROWS.map(({ name }, index) => [name, results.error(index)?.code, results.error(index)?.fate])
    expect(errors.filter(([, code]) => code !== undefined)).toEqual([
      ['no-memory', 'NO_MEMORY', 'not-done'],
      ['not-a-number', 'NOT_A_NUMBER', 'not-done'],
      ['overflow', 'OVERFLOW', 'not-done'],
      ['too-large', 'VALUE_TOO_LARGE', 'not-done'],
      ['aborted', 'ABORTED', 'not-done'],
    ])
  })

  it('say for every status whether there was a record, and whether it holds a value', () => {
    const found = [
      'ok',
      'ok-version',
      'value',
      'value-version',
      'ok-expiry',
      'value-expiry',
      'number',
      'number-version',
    ]
    expect(namesWhere((results, index) => results.found(index))).toEqual(found)
    const values = ['value', 'value-version', 'value-expiry', 'unmet-value', 'unmet-value-version']
    expect(namesWhere((results, index) => results.hasValue(index))).toEqual(values)
    expect(namesWhere((results, index) => results.string(index) === 'v1')).toEqual(values)
    expect(namesWhere((results, index) => results.value(index)?.length === 2)).toEqual(values)
  })

  it('have the version of every status that carries one', () => {
    expect(namesWhere((results, index) => results.version(index) === VERSION)).toEqual([
      'ok-version',
      'value-version',
      'ok-expiry',
      'value-expiry',
      'number-version',
      'unmet-version',
      'unmet-value-version',
    ])
    expect(namesWhere((results, index) => results.version(index) === 0n)).toHaveLength(ROWS.length - 7)
  })

  it('have neither value nor version of what was not answered', () => {
    const pools = new Pools()
    const columns = pools.columns.take(2)
    const failure = new SluiceError('DISCONNECTED', 'lost', { fate: 'unknown' })
    columns.statuses.set([STATUS_NOT_DONE, STATUS_UNKNOWN])
    columns.sources.fill(0)
    const results = new BatchResults(columns, 2, [], [failure], pools)
    expect([0, 1].map((index) => results.fate(index))).toEqual(['not-done', 'unknown'])
    for (const index of [0, 1]) {
      expect(results.error(index)).toBe(failure)
      expect([results.found(index), results.hasValue(index), results.version(index)]).toEqual([false, false, 0n])
    }
  })
})
