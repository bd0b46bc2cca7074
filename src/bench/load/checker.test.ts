import { describe, expect, it } from 'vitest'
import { type MapResult, mapResults } from '../../../test/support/map-driver.ts'
import { type BlockEntry, blockOf } from '../../../test/support/operation-blocks.ts'
import {
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_UNMET,
  STATUS_VALUE,
} from '../../protocol/codes.ts'
import {
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
  KINDS,
} from '../workload/kinds.ts'
import { ValueTable } from '../workload/values.ts'
import { addTally, type CheckTally, checkResults, createTally, FULL_COMPARE_EVERY } from './checker.ts'

const SIZE = 32
const values = new ValueTable({ kind: 'fixed', bytes: SIZE })

const readOf = (rank: number): BlockEntry => ({ kind: KIND_READ, rank })
const found = (rank: number): MapResult => ({ status: STATUS_VALUE, value: values.value(rank).slice() })

function check(entries: readonly BlockEntry[], results: readonly MapResult[], mayMiss = false): CheckTally {
  const tally = createTally(mayMiss)
  checkResults(mapResults(results), blockOf(entries), values, tally)
  return tally
}

const NUMBER: MapResult = { status: STATUS_NUMBER, number: 1n }

/** For each kind every result that is right, where records are never gone. */
const RIGHT: Readonly<Record<string, readonly MapResult[]>> = {
  read: [found(7)],
  update: [{ status: STATUS_OK }],
  insert: [{ status: STATUS_OK }],
  rmw: [found(7)],
  delete: [{ status: STATUS_OK }, { status: STATUS_MISSING }],
  add: [{ status: STATUS_OK }, { status: STATUS_UNMET }],
  increment: [NUMBER, { status: STATUS_NUMBER, number: 2n ** 62n }],
  expire: [{ status: STATUS_OK }],
}

const ANY: readonly MapResult[] = [
  found(7),
  NUMBER,
  ...[STATUS_OK, STATUS_MISSING, STATUS_UNMET, STATUS_NO_MEMORY, STATUS_NOT_A_NUMBER, 99].map((status) => ({ status })),
]

describe('every kind', () => {
  it.each(KINDS)('$name has its right results, and all others are mismatches', ({ code, name }) => {
    const right = RIGHT[name] ?? []
    for (const result of right)
      expect(check([{ kind: code, rank: 7 }], [result]), name).toMatchObject({ mismatches: 0 })
    const statuses = new Set(right.map(({ status }) => status))
    for (const result of ANY.filter(({ status }) => !statuses.has(status))) {
      const tally = check([{ kind: code, rank: 7 }], [result])
      expect([tally.checked, tally.mismatches], `${name} with status ${result.status}`).toEqual([1, 1])
      expect(tally.explanations[0]).toContain(`${name} of key 7: status `)
    }
  })

  it.each([KIND_READ, KIND_READ_MODIFY_WRITE])('%d may find nothing where records are removed', (kind) => {
    const missing = [{ status: STATUS_MISSING }]
    expect(check([{ kind, rank: 7 }], missing, true)).toMatchObject({ reads: 1, hits: 0, mismatches: 0 })
    expect(check([{ kind, rank: 7 }], missing, false)).toMatchObject({ reads: 1, hits: 0, mismatches: 1 })
    expect(check([{ kind, rank: 7 }], [{ status: STATUS_NO_MEMORY }], true)).toMatchObject({ mismatches: 1 })
  })

  it('a counter that was increased is positive', () => {
    for (const number of [0n, -1n]) {
      const tally = check([{ kind: KIND_INCREMENT, rank: 7 }], [{ status: STATUS_NUMBER, number }])
      expect(tally.mismatches).toBe(1)
      expect(tally.explanations).toEqual([`increment of key 7: the number ${number} instead of a positive number`])
    }
  })
})

describe('a block', () => {
  it('is counted by reads and hits', () => {
    const entries = [
      readOf(0),
      readOf(1),
      { kind: KIND_UPDATE, rank: 2 },
      { kind: KIND_READ_MODIFY_WRITE, rank: 3 },
      { kind: KIND_INSERT, rank: 4 },
      { kind: KIND_DELETE, rank: 5 },
      { kind: KIND_ADD, rank: 6 },
      { kind: KIND_INCREMENT, rank: 7 },
      { kind: KIND_EXPIRE, rank: 8 },
      readOf(9),
    ]
    const done = { status: STATUS_OK }
    const results = [found(0), found(1), done, found(3), done, done, done, NUMBER, done]
    expect(check(entries, [...results, { status: STATUS_MISSING }], true)).toEqual({
      mayMiss: true,
      checked: 10,
      reads: 4,
      hits: 3,
      mismatches: 0,
      explanations: [],
    })
  })

  const broken: Record<string, { change: (results: MapResult[]) => void; explanation: string; hits: number }> = {
    'no record': {
      change: (results) => results.splice(0, 1, { status: STATUS_MISSING }),
      explanation: 'read of key 10: status missing instead of value',
      hits: 1,
    },
    "another key's value": {
      change: (results) => results.splice(0, 1, found(11)),
      explanation: "read of key 10: the value is not this key's, byte 0 of 32 is the first that differs",
      hits: 2,
    },
    'a torn value': {
      change: ([first]) => first?.value?.set(values.value(20).subarray(16), 16),
      explanation: "read of key 10: the value is not this key's, byte 16 of 32 is the first that differs",
      hits: 2,
    },
    'a value of another length': {
      change: (results) => results.splice(0, 1, { status: STATUS_VALUE, value: values.value(10).slice(0, 31) }),
      explanation: 'read of key 10: a value of 31 bytes instead of 32',
      hits: 2,
    },
    'a write that had no memory': {
      change: (results) => results.splice(2, 1, { status: STATUS_NO_MEMORY }),
      explanation: 'update of key 12: status no-memory instead of ok',
      hits: 2,
    },
    'an unknown status': {
      change: (results) => results.splice(0, 1, { status: 99 }),
      explanation: 'read of key 10: status 99 instead of value',
      hits: 1,
    },
  }

  it.each(Object.entries(broken))('with %s has one mismatch', (_, { change, explanation, hits }) => {
    const results = [found(10), found(11), { status: STATUS_OK }]
    change(results)
    expect(check([readOf(10), readOf(11), { kind: KIND_UPDATE, rank: 12 }], results)).toEqual({
      mayMiss: false,
      checked: 3,
      reads: 2,
      hits,
      mismatches: 1,
      explanations: [explanation],
    })
  })
})

describe('values', () => {
  it('are compared byte by byte for a sample, also in batches of one', () => {
    const wrong = found(5)
    // Between the stamps.
    wrong.value?.set([1, 2, 3], 10)
    const tally = createTally()
    for (let batch = 0; batch < FULL_COMPARE_EVERY; batch++) {
      checkResults(mapResults([wrong]), blockOf([readOf(5)]), values, tally)
    }
    expect(tally).toMatchObject({ reads: FULL_COMPARE_EVERY, mismatches: 1 })
  })
})

describe('mismatches', () => {
  it('are explained five times at most', () => {
    const entries = Array.from({ length: 20 }, (_, rank) => readOf(rank))
    const tally = check(entries, Array(20).fill({ status: STATUS_MISSING }))
    expect([tally.mismatches, tally.explanations.length]).toEqual([20, 5])
    addTally(tally, tally)
    expect([tally.checked, tally.reads, tally.mismatches, tally.explanations.length]).toEqual([40, 40, 40, 5])
  })
})
