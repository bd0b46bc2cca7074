import { describe, expect, it } from 'vitest'
import { ARENA_BYTES, ReceiveMemory } from './receive-memory.ts'

/** Fills an arena to its end, and begins the next one. */
function fillArena(memory: ReceiveMemory): Uint8Array {
  let chunk = memory.filled(1)
  for (let room = memory.room(); room.buffer === chunk.buffer; room = memory.room()) chunk = memory.filled(room.length)
  return chunk
}

describe('the memory that a driver receives into', () => {
  it('fills an arena again when the decoder has gone over to the next one', () => {
    const memory = new ReceiveMemory()
    const { buffer } = memory.room()
    for (let round = 0; round < 20; round++) {
      fillArena(memory)
      expect(memory.arenaCount).toBe(2)
      memory.drained()
      expect(memory.arenaCount).toBe(1)
    }
    expect(memory.room().buffer).toBe(buffer)
  })

  it('does not fill it again while results hold it', () => {
    const memory = new ReceiveMemory()
    const held = fillArena(memory)
    memory.hold(held)
    memory.hold(held.subarray(1))
    memory.drained()
    memory.release(held)
    expect(memory.arenaCount).toBe(2)
    memory.release(held)
    expect(memory.arenaCount).toBe(1)
  })

  it('keeps an arena that is released before it is full', () => {
    const memory = new ReceiveMemory()
    const chunk = memory.filled(memory.room().length)
    memory.hold(chunk)
    memory.release(chunk)
    expect(memory.room().byteOffset).toBe(chunk.length)
    expect(memory.room().length).toBeLessThan(ARENA_BYTES)
  })

  it('leaves arrays of others alone', () => {
    const memory = new ReceiveMemory()
    const strange = new Uint8Array(10)
    memory.hold(strange)
    memory.release(strange)
    expect(memory.arenaCount).toBe(1)
  })
})
