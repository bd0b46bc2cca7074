import { expect, it } from 'vitest'
import { wireBytes } from './wire.ts'

const ETHERNET = { mtuBytes: 1_500, packetOverheadBytes: 90 }

it('adds the headers of whole packets, and half as many acknowledgements', () => {
  expect(wireBytes(1_448, 1, ETHERNET)).toEqual({ forth: 1_448 + 90, back: 45 })
  expect(wireBytes(1_449, 1, ETHERNET)).toEqual({ forth: 1_449 + 180, back: 90 })
  expect(wireBytes(3_000, 3, ETHERNET)).toEqual({ forth: 3_000 + 270, back: 135 })
})

it('counts a frame that comes every other time as half of one', () => {
  expect(wireBytes(50, 0.5, ETHERNET)).toEqual({ forth: 50 + 45, back: 22.5 })
  expect(wireBytes(0, 0, ETHERNET)).toEqual({ forth: 0, back: 0 })
})
