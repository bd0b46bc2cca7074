import { describe, expect, it } from 'vitest'
import { fnvHash64, keyAt, plainKey } from '../../../test/support/plain-workload.ts'
import { mixOf, openSource } from '../../../test/support/workload-harness.ts'
import { KIND_INCREMENT, KIND_INSERT, KIND_READ } from './kinds.ts'

const FIRST_RANKS = [0, 9, 10, 99, 100, 9_999, 10_000, 10_001, 99_999, 1_000_000, 12_345_678, 99_999_998]
const LATE_RANKS = [99_999_999, 100_000_000, 999_999_998, 1_000_000_000, 2 ** 31 - 1, 2 ** 32 - 2]

const inserting = mixOf({ [KIND_READ]: 0.5, [KIND_INSERT]: 0.5 })
const counting = mixOf({ [KIND_READ]: 0.5, [KIND_INCREMENT]: 0.5 })
const both = mixOf({ [KIND_READ]: 0.4, [KIND_INSERT]: 0.3, [KIND_INCREMENT]: 0.3 })

describe('keys', () => {
  it.each(FIRST_RANKS)('are spelled in eight bytes from %d on', (first) => {
    const { source, block } = openSource({}, { capacity: 2 })
    source.enumerate(block, KIND_READ, first, first + 2)
    expect([keyAt(block, 0), keyAt(block, 1)]).toEqual([String(first), String(first + 1)])
    expect(block.keyStrideBytes).toBe(8)
  })

  it.each([...FIRST_RANKS, ...LATE_RANKS])('are spelled in every other format from %d on', (first) => {
    const formats = [
      { mix: inserting, keyFormat: 'decimal' as const },
      { mix: counting, keyFormat: 'user' as const },
      { mix: both, keyFormat: 'decimal' as const },
      { mix: both, keyFormat: 'user' as const },
    ]
    for (const { mix, keyFormat } of formats) {
      const { source, block } = openSource({ mix, keyFormat }, { capacity: 2 })
      for (const kind of (mix[KIND_INCREMENT] ?? 0) > 0 ? [KIND_READ, KIND_INCREMENT] : [KIND_READ]) {
        source.enumerate(block, kind, first, first + 2)
        const expected = [first, first + 1].map((rank) => plainKey(keyFormat, kind, rank))
        expect([keyAt(block, 0), keyAt(block, 1)]).toEqual(expected)
      }
    }
  })

  it('have no more room than the longest one needs', () => {
    const strides = (['decimal', 'user'] as const).map((keyFormat) =>
      [mixOf({ [KIND_READ]: 1 }), inserting, counting, both].map((mix) => {
        return openSource({ mix, keyFormat }).block.keyStrideBytes
      }),
    )
    expect(strides).toEqual([
      [8, 16, 16, 16],
      [24, 24, 32, 32],
    ])
  })

  it('of users are those of YCSB', () => {
    // The first keys that YCSB loads, as its logs show them.
    expect([0, 1, 2].map((rank) => plainKey('user', KIND_READ, rank))).toEqual([
      'user6284781860667377211',
      'user8517097267634966620',
      'user1820151046732198393',
    ])
  })

  it('of users are different for the first records', () => {
    const records = 300_000
    const { source, block } = openSource({ keyFormat: 'user' }, { capacity: records })
    source.enumerate(block, KIND_READ, 0, records)
    const keys = new Set(Array.from({ length: records }, (_, index) => keyAt(block, index)))
    expect(keys.size).toBe(records)
  })
})

it('hashes as FNV-1a does', () => {
  // The FNV-1a hash of eight zero bytes, before the sign is taken off.
  expect(BigInt.asUintN(64, -fnvHash64(0))).toBe(0xa8c7_f832_281a_39c5n)
})
