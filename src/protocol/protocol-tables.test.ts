// The tables of `docs/PROTOCOL.md`, compared with the code's. `protocol-document.test.ts` runs the page's examples.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OPTION_CONDITION_MASK } from './codes.ts'
import { FRAME_KINDS, WIRE_ERRORS } from './frame.ts'
import { REFUSAL_NAMES } from './hello.ts'
import * as limits from './limits.ts'
import { CONDITION_NAMES, OPERATIONS, OPTIONS, type OperationRow } from './operations.ts'
import { OUTCOME_NAMES, type ResultShape, STATUSES } from './statuses.ts'

const DOCUMENT = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')

/** The rows, as arrays of cells, of the table whose head begins with these cells. */
function documentTable(...headCells: string[]): string[][] {
  const lines = DOCUMENT.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${headCells.join(' | ')} |`))
  expect(head).toBeGreaterThan(0)
  const rows = lines.slice(head + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? rows.length : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** An operation as its row of the document says it. */
function documentRow(row: OperationRow): string[] {
  const { code, name, hasKey, hasValue, takesVersion, conditions, options } = row
  const taken = OPTIONS.filter(({ bit }) => (options & bit) !== 0).map((option) => option.name)
  return [
    String(code),
    name,
    row.arguments.map((argument) => `${argument.type} ${argument.name}`).join(', '),
    [...(hasKey ? ['key'] : []), ...(hasValue ? ['value'] : [])].join(', '),
    [...(takesVersion ? ['WITH_VERSION'] : []), ...taken].join(', '),
    conditions.map((condition) => CONDITION_NAMES[condition]).join(', '),
  ]
}

describe('the tables of the protocol document', () => {
  it('list the operations', () => {
    expect(documentTable('code', 'name', 'arguments')).toEqual(OPERATIONS.map(documentRow))
  })

  it('list the results of every operation', () => {
    const rows = documentTable('name', 'does', 'results')
    expect(rows.map(([name]) => name)).toEqual(OPERATIONS.map(({ name }) => name))
    const statusNames: readonly string[] = STATUSES.map(({ name }) => name)
    for (const [, , results = ''] of rows) {
      for (const name of results.split(', ')) {
        const stem = name.replace('\\*', '')
        expect(statusNames).toContain(stem)
        if (name !== stem) expect(statusNames).toContain(`${stem}-version`)
      }
    }
  })

  it('list options and conditions', () => {
    const bits = ({ bit, name }: { readonly bit: number; readonly name: string }) => [String(Math.log2(bit)), name]
    expect(OPTION_CONDITION_MASK).toBe(0b111)
    expect(documentTable('bits', 'name').map((row) => row.slice(0, 2))).toEqual([
      ['0 to 2', 'condition'],
      ...OPTIONS.map(bits),
      ['7', ''],
    ])
    expect(documentTable('condition', 'name').map((row) => row.slice(0, 2))).toEqual(
      CONDITION_NAMES.map((name, condition) => [String(condition), name]),
    )
  })

  it('list the statuses, with their shapes', () => {
    const shapes: Readonly<Record<ResultShape, string>> = {
      empty: '',
      version: 'u64 version',
      expiry: 'u64 expiry, u64 version',
      value: 'compact n, n bytes',
      'value-version': 'compact n, u64 version, n bytes',
      'value-expiry': 'compact n, u64 expiry, u64 version, n bytes',
      number: 'i64 number',
      'number-version': 'u64 version, i64 number',
      distance: 'compact d',
    }
    const rows = documentTable('status', 'name')
    expect(rows.map((row) => row.slice(0, 3))).toEqual(
      STATUSES.map(({ code, name, shape }) => [String(code), name, shapes[shape]]),
    )
    expect(rows.map((row) => row[3]?.startsWith('not done') === false)).toEqual(STATUSES.map(({ isDone }) => isDone))
  })

  it('list outcomes and refusals', () => {
    const numbered = (names: readonly string[]) => names.map((name, code) => [String(code), name])
    expect(documentTable('outcome', 'name').map((row) => row.slice(0, 2))).toEqual(numbered(OUTCOME_NAMES))
    expect(documentTable('refusal', 'name').map((row) => row.slice(0, 2))).toEqual(numbered(REFUSAL_NAMES))
  })

  it('list kinds of frames, with their bodies, and error codes', () => {
    expect(documentTable('kind', 'name').map((row) => row.slice(0, 3))).toEqual(
      FRAME_KINDS.map(({ code, name, body }) => [String(code), name, body]),
    )
    expect(documentTable('code', 'name', 'meaning').map((row) => row.slice(0, 2))).toEqual(
      WIRE_ERRORS.map(({ code, name }) => [String(code), name]),
    )
  })

  it('list every limit', () => {
    const rows = documentTable('name', 'value').map(([name, value]) => [name, Number(value?.replaceAll(',', ''))])
    expect(Object.fromEntries(rows)).toEqual({ ...limits })
  })
})
