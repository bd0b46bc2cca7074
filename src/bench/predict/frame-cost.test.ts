import { expect, it } from 'vitest'
import { fitFrameCost } from './frame-cost.ts'

it('finds the line that figures lie on', () => {
  const sizes = [16, 32, 128, 8_192]
  const { nsPerOp, nsPerFrame } = fitFrameCost(
    sizes.map((opsPerFrame) => ({ opsPerFrame, cpuNsPerOp: 80 + 5_000 / opsPerFrame })),
  )
  expect(nsPerOp).toBeCloseTo(80, 6)
  expect(nsPerFrame).toBeCloseTo(5_000, 3)
})

it('needs two sizes', () => {
  const same = { opsPerFrame: 16, cpuNsPerOp: 400 }
  expect(() => fitFrameCost([same, same])).toThrow('two sizes')
})
