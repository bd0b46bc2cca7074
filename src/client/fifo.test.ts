import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fifo } from './fifo.ts'

it('is an array with push and shift', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('push', 'push', 'shift', 'takeAll'), { maxLength: 200 }), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      for (const [index, step] of steps.entries()) {
        if (step === 'push') {
          fifo.push(index)
          model.push(index)
        } else if (step === 'shift') expect(fifo.shift()).toBe(model.shift())
        else if (index % 5 === 0) expect(fifo.takeAll()).toEqual(model.splice(0))
        expect(fifo.length).toBe(model.length)
        expect(fifo.peek()).toBe(model[0])
      }
    }),
  )
})
