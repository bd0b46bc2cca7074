import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, ArenaPool, ReceiveMemory } from './receive-arena.ts'

const QUARTER = ARENA_BYTES / 4

/** Fills one quarter of an arena. */
function fillQuarter(memory: ReceiveMemory): Uint8Array {
  expect(memory.room()).toHaveLength(QUARTER)
  return memory.filled(QUARTER)
}

describe('receive memory', () => {
  it('puts chunks side by side', () => {
    const memory = new ReceiveMemory(new ArenaPool())
    const first = memory.filled(memory.room().length >>> 1)
    const second = memory.filled(memory.room().length)
    expect(second.buffer).toBe(first.buffer)
    expect(second.byteOffset).toBe(first.byteOffset + first.length)
  })

  it('fills an arena again once it is read and released', () => {
    const pool = new ArenaPool()
    const memory = new ReceiveMemory(pool)
    const first = fillQuarter(memory)
    memory.hold(first)
    memory.hold(first)
    for (let quarter = 0; quarter < 4; quarter++) fillQuarter(memory)
    memory.release(first)
    memory.readUpTo(QUARTER + 1)
    memory.release(first)
    expect(pool.freeCount).toBe(0)
    memory.readUpTo(QUARTER)
    expect(pool.freeCount).toBe(1)
    expect(pool.take().buffer).toBe(first.buffer)
  })

  it('keeps an arena that was read for as long as it is held', () => {
    const pool = new ArenaPool()
    const memory = new ReceiveMemory(pool)
    const first = fillQuarter(memory)
    memory.hold(first)
    for (let quarter = 0; quarter < 4; quarter++) fillQuarter(memory)
    memory.readUpTo(0)
    expect(pool.freeCount).toBe(0)
    memory.release(first)
    expect(pool.freeCount).toBe(1)
  })

  it('ignores bytes that it did not deliver', () => {
    const memory = new ReceiveMemory(new ArenaPool())
    memory.hold(new Uint8Array(1))
    memory.release(new Uint8Array(1))
  })

  it('never fills what is unread or held', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('fill' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const, 'read' as const), part: fc.nat(100) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const memory = new ReceiveMemory(new ArenaPool())
        const unread: Uint8Array[] = []
        const held: Uint8Array[] = []
        let mark = 0
        const expected = new Map<Uint8Array, number>()
        for (const { kind, part } of steps) {
          if (kind === 'fill') {
            const room = memory.room()
            const chunk = memory.filled(1 + Math.floor(part * (room.length - 1)))
            chunk.fill(++mark)
            expected.set(chunk, mark & 0xff)
            unread.push(chunk)
          } else if (kind === 'read') {
            unread.splice(0, part % (unread.length + 1))
            memory.readUpTo(unread.reduce((sum, chunk) => sum + chunk.length, 0))
          } else if (kind === 'hold' && unread.length > 0) {
            const chunk = unread[part % unread.length] as Uint8Array
            memory.hold(chunk)
            held.push(chunk)
          } else if (kind === 'release' && held.length > 0) {
            for (const chunk of held.splice(part % held.length, 1)) memory.release(chunk)
          }
          for (const chunk of [...unread, ...held]) {
            expect([chunk[0], chunk[chunk.length - 1]]).toEqual([expected.get(chunk), expected.get(chunk)])
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})
