import { describe, expect, it } from 'vitest'
import { LargeFramePlaces, WaitingLine } from './waiting-lines.ts'

describe('WaitingLine', () => {
  it('serves in the order of arrival while there is room, and nobody overtakes', () => {
    let room = 0
    const served: string[] = []
    const line = new WaitingLine(() => room > 0)
    const waiter = (name: string) => ({
      proceed() {
        if (!line.isOpenTo(this)) return line.wait(this)
        room--
        served.push(name)
      },
    })
    const [first, second, third, late] = ['first', 'second', 'third', 'late'].map(waiter)
    if (!first || !second || !third || !late) throw new Error('there are four')
    for (const each of [first, second, third]) each.proceed()
    expect(line.isStarving).toBe(true)
    line.leave(second)
    room = 1
    expect(line.isOpenTo(late)).toBe(false)
    line.advance()
    expect(served).toEqual(['first'])
    room = 5
    line.advance()
    late.proceed()
    expect(served).toEqual(['first', 'third', 'late'])
    expect(line.isStarving).toBe(false)
  })
})

describe('LargeFramePlaces', () => {
  it('has so many places, and hands a free one to the first in line', () => {
    const places = new LargeFramePlaces(1)
    const called: string[] = []
    const waiter = (name: string) => ({ proceed: () => void called.push(name) })
    const [first, second, third] = [waiter('first'), waiter('second'), waiter('third')]
    expect([places.ask(first), places.ask(first), places.ask(second), places.ask(third)]).toEqual([
      true,
      true,
      false,
      false,
    ])
    places.leave(second)
    places.leave(first)
    expect(called).toEqual(['third'])
    expect([places.has(first), places.has(third)]).toEqual([false, true])
    places.leave(third)
    expect(places.ask(first)).toBe(true)
  })
})
