import { expect, it } from 'vitest'
import { shareMemory } from './serve.ts'

const MIB = 1024 * 1024

it.each([
  { bytes: 64 * MIB, threads: 2, shardsPerThread: 1, memoryBytesMax: 32 * MIB },
  { bytes: 4_000 * MIB, threads: 1, shardsPerThread: 1, memoryBytesMax: 4_000 * MIB },
  { bytes: 4_001 * MIB, threads: 1, shardsPerThread: 2, memoryBytesMax: 2_000.5 * MIB },
  { bytes: 64_000 * MIB, threads: 4, shardsPerThread: 4, memoryBytesMax: 4_000 * MIB },
])('$bytes bytes make $shardsPerThread shards on each of $threads threads', ({ bytes, threads, ...shares }) => {
  expect(shareMemory(bytes, threads)).toEqual(shares)
})

it('less than a mebibyte for a thread is refused', () => {
  const refusal = { code: 'INVALID_ARGUMENT', message: '--memory is too little: each of the 2 shard threads needs 1M' }
  expect(() => shareMemory(2 * MIB - 1, 2)).toThrow(expect.objectContaining(refusal))
})
