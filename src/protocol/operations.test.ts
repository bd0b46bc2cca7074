import { describe, expect, it } from 'vitest'
import * as codes from './codes.ts'
import { CONDITION_NAMES, OPERATIONS, OPTIONS, operationRow, takesOptions } from './operations.ts'

const { CONDITION_EARLIER, CONDITION_LATER } = codes
const { OPTION_EXPIRY: EXPIRY, OPTION_KEEP_EXPIRY: KEEP, OPTION_PREVIOUS: PREVIOUS } = codes

/** Per operation, the bits that it takes behind its condition, and the conditions: what is not here it refuses. */
const TAKEN: Readonly<Record<string, readonly [options: readonly number[], conditions: readonly number[]]>> = {
  get: [[0, codes.OPTION_WITH_EXPIRY], [0]],
  set: [
    [0, EXPIRY, KEEP, PREVIOUS, EXPIRY | PREVIOUS, KEEP | PREVIOUS],
    [0, 1, 2, 3],
  ],
  delete: [
    [0, PREVIOUS],
    [0, 3],
  ],
  exists: [[0, codes.OPTION_WITH_EXPIRY], [0]],
  expire: [
    [0, EXPIRY, PREVIOUS, EXPIRY | PREVIOUS],
    [0, 3, 4, 5, CONDITION_LATER, CONDITION_EARLIER],
  ],
  add: [[0, EXPIRY], [0]],
  append: [[0, EXPIRY], [0]],
  'write-range': [[0, EXPIRY], [0]],
}

describe('the operation table', () => {
  it('has codes that are dense from 1 and fit the operation byte', () => {
    const { OP_CODE_END, OP_CODE_MASK, OP_OPTIONS, OP_WITH_VERSION } = codes
    expect(OPERATIONS.map((row) => row.code)).toEqual(Array.from({ length: OP_CODE_END - 1 }, (_, index) => index + 1))
    expect(OP_CODE_END - 1).toBeLessThanOrEqual(OP_CODE_MASK)
    expect(OP_CODE_MASK + OP_OPTIONS + OP_WITH_VERSION).toBe(0xff)
  })

  it('has unique lower-case names, those of the constants', () => {
    const names = OPERATIONS.map((row) => row.name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, code } of OPERATIONS) {
      expect(name).toMatch(/^[a-z-]+$/)
      expect(codes).toHaveProperty(constantName('OP', name), code)
    }
  })

  it('has a value only in writes to a key', () => {
    for (const row of OPERATIONS) expect((row.isWrite && row.hasKey) || !row.hasValue).toBe(true)
  })

  it('has keys in the first operations: those are the ones that an atomic group may hold', () => {
    for (const { code, hasKey } of OPERATIONS) expect(hasKey).toBe(code <= codes.OP_READ_RANGE)
  })

  it('is found by operation byte', () => {
    const { OP_CODE_END, OP_OPTIONS, OP_SET, OP_WITH_VERSION } = codes
    for (const flags of [0, OP_OPTIONS, OP_WITH_VERSION, OP_OPTIONS | OP_WITH_VERSION]) {
      expect(operationRow(OP_SET | flags)?.name).toBe('set')
      expect(operationRow(flags)).toBeUndefined()
      expect(operationRow(OP_CODE_END | flags)).toBeUndefined()
    }
  })
})

describe('the options', () => {
  it('fill the options byte but for its last bit', () => {
    const bits = OPTIONS.map(({ bit }) => bit)
    expect(bits.reduce((sum, bit) => sum + bit, codes.OPTION_CONDITION_MASK)).toBe(0x7f)
    for (const { name, bit } of OPTIONS) expect(codes).toHaveProperty(constantName('OPTION', name), bit)
  })

  it('have a named condition for each number', () => {
    expect(CONDITION_NAMES).toHaveLength(codes.OPTION_CONDITION_MASK + 1)
    CONDITION_NAMES.forEach((name, condition) => {
      expect(codes).toHaveProperty(constantName('CONDITION', name), condition)
    })
  })

  it.each(OPERATIONS.map((row) => [row.name, row] as const))(
    'of %s are taken as specified, of all 256',
    (name, row) => {
      const [options, conditions] = TAKEN[name] ?? [[0], [0]]
      for (let byte = 0; byte < 256; byte++) {
        const condition = byte & codes.OPTION_CONDITION_MASK
        const needsExpiry = condition === CONDITION_LATER || condition === CONDITION_EARLIER
        const isTaken = conditions.includes(condition) && options.includes(byte - condition)
        expect(takesOptions(row, byte)).toBe(isTaken && (!needsExpiry || (byte & EXPIRY) !== 0))
      }
    },
  )
})

function constantName(prefix: string, name: string): string {
  return `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`
}
