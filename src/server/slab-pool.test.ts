import { describe, expect, it } from 'vitest'
import { SlabPool } from './slab-pool.ts'

function testPool(slabCount: number): SlabPool {
  return new SlabPool({ slabBytes: 64, slabCount, slabView: (_, start, end) => new Uint8Array(end - start) })
}

describe('SlabPool', () => {
  it('gives each slab to one holder at a time, and the last user returns it', () => {
    const pool = testPool(3)
    const slabs = [pool.take(), pool.take(), pool.take()]
    expect(new Set(slabs.map(({ index }) => index)).size).toBe(3)
    expect(pool.freeCount).toBe(0)
    expect(() => pool.take()).toThrow('more slabs')
    const [slab] = slabs
    slab?.hold()
    slab?.drop()
    expect(pool.freeCount).toBe(0)
    slab?.drop()
    expect(pool.freeCount).toBe(1)
    expect(() => slab?.drop()).toThrow('free slab')
  })

  it('gives the slab that returned last, at its start again', () => {
    const pool = testPool(3)
    pool.take()
    const slab = pool.take()
    slab.position = 10
    slab.drop()
    expect(pool.take()).toBe(slab)
    expect(slab.position).toBe(0)
  })
})
