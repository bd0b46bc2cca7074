import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OwnedBytes } from './owned-bytes.ts'

it('copies do not overlap, and do not change with their source', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (sizes) => {
      const owned = new OwnedBytes()
      const source = new Uint8Array(4_000)
      const copies = sizes.map((size, index) => {
        source.fill(index + 1)
        return owned.copy(source, 500, size)
      })
      source.fill(0)
      for (const [index, copy] of copies.entries()) {
        expect(copy.length).toBe(sizes[index])
        expect(copy.every((byte) => byte === index + 1)).toBe(true)
        copy.fill(0)
      }
    }),
  )
})
