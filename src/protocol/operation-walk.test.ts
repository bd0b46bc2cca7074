import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import { SluiceError } from '../util/errors.ts'
import { OP_CODE_END, OP_DELETE, OP_GET, OP_OPTIONS, OP_SET, OP_WITH_VERSION } from './codes.ts'
import { VALUE_BYTES_MAX } from './limits.ts'
import { decodeOperation, OPERATION_BYTES_MIN, operationEnd, skipOperations } from './operation-walk.ts'

const GET_A = [OP_GET, 1, 0x61]
const SET_A = [OP_SET | OP_WITH_VERSION, 1, 2, 0x61, 0x78, 0x79]
const DELETE_LONG = [OP_DELETE, 253, 253, 0, ...new Array<number>(253).fill(0x62)]
const ALL = Uint8Array.from([...GET_A, ...SET_A, ...DELETE_LONG])

describe('operationEnd', () => {
  it('steps over each operation', () => {
    const ends = [GET_A.length, GET_A.length + SET_A.length, ALL.length]
    expect([0, ...ends.slice(0, 2)].map((at) => operationEnd(ALL, at, ALL.length))).toEqual(ends)
  })

  it('refuses every operation that is cut short', () => {
    for (const operation of [GET_A, SET_A, DELETE_LONG]) {
      const bytes = Uint8Array.from(operation)
      expect(operationEnd(bytes, 0, bytes.length)).toBe(bytes.length)
      for (let end = 0; end < bytes.length; end++) expect(operationEnd(bytes, 0, end)).toBe(-1)
    }
  })

  it.each([
    ['code 0', [0, 1, 0x61]],
    ['the first unknown code', [OP_CODE_END, 1, 0x61]],
    ['options that are not there', [OP_GET | OP_OPTIONS]],
    ['options that it does not take', [OP_GET | OP_OPTIONS, 1, 1, 0x61]],
    ['an empty key', [OP_GET, 0, 0x61]],
    ['a key length of 32 bits', [OP_GET, 254, 0, 0, 1, 0, 0x61]],
    ['a length that is longer than needed', [OP_GET, 253, 1, 0, 0x61]],
    ['a value length of 255', [OP_SET, 1, 255, 0x61]],
  ])('refuses %s', (_, operation) => {
    expect(operationEnd(Uint8Array.from(operation), 0, operation.length)).toBe(-1)
  })

  it('refuses a value that is larger than allowed, although it is there', () => {
    const bytes = new Uint8Array(8 + VALUE_BYTES_MAX + 1)
    bytes.set([OP_SET, 1, 254, 0, 0, 128, 0, 0x61])
    expect(operationEnd(bytes, 0, bytes.length)).toBe(8 + VALUE_BYTES_MAX)
    bytes[3] = 1
    expect(operationEnd(bytes, 0, bytes.length)).toBe(-1)
  })
})

describe('skipOperations', () => {
  it('steps over the first operations', () => {
    const positions = [0, GET_A.length, GET_A.length + SET_A.length, ALL.length, -1]
    expect(positions.map((_, count) => skipOperations(ALL, 0, ALL.length, count))).toEqual(positions)
  })

  it('never steps outside the bytes, nor back, whatever they are', () => {
    fc.assert(
      fc.property(arbitraryMutation(ALL), fc.nat({ max: 10 }), (bytes, count) => {
        const end = skipOperations(bytes, 0, bytes.length, count)
        if (end < 0) expect(count).toBeGreaterThan(0)
        else expect(end).toBeGreaterThanOrEqual(count * OPERATION_BYTES_MIN)
        expect(end).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})

describe('decodeOperation', () => {
  it('takes an operation apart', () => {
    const operation = decodeOperation(ALL, GET_A.length, ALL.length)
    expect(operation.row.name).toBe('set')
    expect(operation.withVersion).toBe(true)
    expect(operation.key).toEqual(Uint8Array.of(0x61))
    expect(operation.value).toEqual(Uint8Array.of(0x78, 0x79))
    expect(operation.end).toBe(GET_A.length + SET_A.length)
  })

  it('has no value where the operation has none', () => {
    const operation = decodeOperation(ALL, GET_A.length + SET_A.length, ALL.length)
    expect(operation.row.name).toBe('delete')
    expect(operation.withVersion).toBe(false)
    expect(operation.key).toHaveLength(253)
    expect(operation.value).toBeUndefined()
  })

  it('throws PROTOCOL at a malformed one', () => {
    expect(() => decodeOperation(Uint8Array.of(0, 1, 1), 0, 3)).toThrow(SluiceError)
  })
})
