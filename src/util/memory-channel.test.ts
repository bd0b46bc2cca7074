import { describe, expect, it } from 'vitest'
import type { ByteChannel, ByteChannelHandler } from './byte-channel.ts'
import { memoryChannelPair } from './memory-channel.ts'
import { seededRandom } from './random.ts'

/** Runs scheduled tasks by hand, so that every test decides what happens when. */
class Tasks {
  readonly #tasks: (() => void)[] = []
  readonly schedule = (task: () => void): void => {
    this.#tasks.push(task)
  }

  runAll(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task()
  }
}

class Recorder implements ByteChannelHandler {
  readonly events: string[] = []
  onBytes(chunk: Uint8Array): void {
    this.events.push(`bytes ${[...chunk].join(' ')}`)
  }
  onDrain(): void {
    this.events.push('drain')
  }
  onClose(error: Error | undefined): void {
    this.events.push(`close ${error?.message ?? 'in order'}`)
  }
}

function openPair(highWaterBytes = 10): {
  tasks: Tasks
  left: ByteChannel
  right: ByteChannel
  leftEvents: string[]
  rightEvents: string[]
} {
  const tasks = new Tasks()
  const [left, right] = memoryChannelPair({ highWaterBytes, schedule: tasks.schedule })
  const leftHandler = new Recorder()
  const rightHandler = new Recorder()
  left.open(leftHandler)
  right.open(rightHandler)
  return { tasks, left, right, leftEvents: leftHandler.events, rightEvents: rightHandler.events }
}

const CUT = 'the other end of the channel was destroyed'

describe('delivery', () => {
  it('joins the parts of a write and keeps the order of writes', () => {
    const { tasks, left, rightEvents } = openPair()
    left.write([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])
    left.write([Uint8Array.of(4)])
    expect(rightEvents).toEqual([])
    tasks.runAll()
    expect(rightEvents).toEqual(['bytes 1 2 3', 'bytes 4'])
  })

  it('releases the parts after it copied them, once, and before the reader sees them', () => {
    const { tasks, left, rightEvents } = openPair()
    const part = Uint8Array.of(1, 2)
    left.write([part], () => {
      rightEvents.push('released')
      part.fill(9)
    })
    tasks.runAll()
    expect(rightEvents).toEqual(['released', 'bytes 1 2'])
  })

  it('copies no earlier than it releases, so that a write changed too soon is seen', () => {
    const { tasks, left, rightEvents } = openPair()
    const part = Uint8Array.of(1)
    left.write([part])
    part.fill(9)
    tasks.runAll()
    expect(rightEvents).toEqual(['bytes 9'])
  })

  it('keeps what was written before the reader opened', () => {
    const tasks = new Tasks()
    const [left, right] = memoryChannelPair({ schedule: tasks.schedule })
    left.write([Uint8Array.of(1)])
    tasks.runAll()
    const handler = new Recorder()
    right.open(handler)
    tasks.runAll()
    expect(handler.events).toEqual(['bytes 1'])
  })

  it('is opened once', () => {
    const { left } = openPair()
    expect(() => left.open(new Recorder())).toThrow('opened once')
  })

  it('lets the event loop turn while two ends answer each other', async () => {
    const [left, right] = memoryChannelPair()
    let bounces = 0
    const echo = (channel: ByteChannel): ByteChannelHandler => ({
      onBytes(chunk) {
        bounces++
        channel.write([chunk])
      },
      onDrain() {},
      onClose() {},
    })
    left.open(echo(left))
    right.open(echo(right))
    left.write([Uint8Array.of(1)])
    // Would never come back if the two ends kept the event loop to themselves.
    while (bounces < 10) await new Promise((resolve) => setTimeout(resolve, 0))
    left.destroy()
  })
})

describe('back-pressure', () => {
  it('is full beyond its mark while the reader pauses, and tells when it is empty', () => {
    const { tasks, left, right, leftEvents, rightEvents } = openPair(3)
    right.pause()
    expect(left.write([Uint8Array.of(1, 2, 3)])).toBe(true)
    expect(left.write([Uint8Array.of(4)])).toBe(false)
    tasks.runAll()
    expect([leftEvents, rightEvents]).toEqual([[], []])
    right.resume()
    expect(rightEvents).toEqual([])
    tasks.runAll()
    expect([leftEvents, rightEvents]).toEqual([['drain'], ['bytes 1 2 3', 'bytes 4']])
  })

  it('stops within a delivery when the reader pauses in it', () => {
    const tasks = new Tasks()
    const [left, right] = memoryChannelPair({ schedule: tasks.schedule })
    const received: number[] = []
    right.open({
      onBytes: (chunk) => {
        received.push(...chunk)
        right.pause()
      },
      onDrain: () => {},
      onClose: () => {},
    })
    left.write([Uint8Array.of(1)])
    left.write([Uint8Array.of(2)])
    tasks.runAll()
    expect(received).toEqual([1])
    right.resume()
    tasks.runAll()
    expect(received).toEqual([1, 2])
  })
})

describe('end', () => {
  it('delivers what was written, then closes both ends in order', () => {
    const { tasks, left, leftEvents, rightEvents } = openPair()
    left.write([Uint8Array.of(1)])
    left.end()
    left.end()
    tasks.runAll()
    expect([leftEvents, rightEvents]).toEqual([['close in order'], ['bytes 1', 'close in order']])
  })

  it('waits for a paused reader', () => {
    const { tasks, left, right, rightEvents } = openPair()
    right.pause()
    left.write([Uint8Array.of(1)])
    left.end()
    tasks.runAll()
    expect(rightEvents).toEqual([])
    right.resume()
    tasks.runAll()
    expect(rightEvents).toEqual(['bytes 1', 'close in order'])
  })

  it('drops what was on its way to the end that ended, and releases it', () => {
    const { tasks, left, right, leftEvents } = openPair()
    right.write([Uint8Array.of(1)], () => leftEvents.push('released'))
    left.pause()
    left.end()
    tasks.runAll()
    expect(leftEvents).toEqual(['released', 'close in order'])
  })

  it('refuses later writes, and releases them', () => {
    const { tasks, left, leftEvents, rightEvents } = openPair()
    left.end()
    expect(left.write([Uint8Array.of(1)], () => leftEvents.push('released'))).toBe(false)
    tasks.runAll()
    expect([leftEvents, rightEvents]).toEqual([['released', 'close in order'], ['close in order']])
  })
})

describe('destroy', () => {
  it('drops and releases everything, and tells each end once', () => {
    const { tasks, left, right, leftEvents, rightEvents } = openPair()
    left.write([Uint8Array.of(1)], () => leftEvents.push('released'))
    right.write([Uint8Array.of(2)], () => rightEvents.push('released'))
    left.destroy(new Error('enough'))
    left.destroy()
    right.destroy()
    expect([leftEvents, rightEvents]).toEqual([[], []])
    tasks.runAll()
    expect([leftEvents, rightEvents]).toEqual([
      ['released', 'close enough'],
      ['released', `close ${CUT}`],
    ])
  })

  it('reaches an end that opens later, and one that is paused', () => {
    const tasks = new Tasks()
    const [left, right] = memoryChannelPair({ schedule: tasks.schedule })
    right.pause()
    left.destroy()
    tasks.runAll()
    const handler = new Recorder()
    right.open(handler)
    tasks.runAll()
    expect(handler.events).toEqual([`close ${CUT}`])
  })

  it('delivers nothing more when the reader destroys within a delivery', () => {
    const tasks = new Tasks()
    const [left, right] = memoryChannelPair({ schedule: tasks.schedule })
    const events: string[] = []
    right.open({
      onBytes: (chunk) => {
        events.push(`bytes ${chunk[0]}`)
        right.destroy()
      },
      onDrain: () => {},
      onClose: () => events.push('close'),
    })
    left.write([Uint8Array.of(1)], () => events.push('released 1'))
    left.write([Uint8Array.of(2)], () => events.push('released 2'))
    tasks.runAll()
    expect(events).toEqual(['released 1', 'bytes 1', 'close', 'released 2'])
  })
})

it('loses, repeats and reorders nothing under random writes, pauses and resumes', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    const tasks = new Tasks()
    const [left, right] = memoryChannelPair({ highWaterBytes: 50, schedule: tasks.schedule })
    const received: number[] = []
    let released = 0
    let drains = 0
    left.open({ onBytes() {}, onDrain: () => drains++, onClose() {} })
    right.open({ onBytes: (chunk) => received.push(...chunk), onDrain() {}, onClose() {} })
    let sent = 0
    let isFull = false
    for (let step = 0; step < 500; step++) {
      const choice = random.nextBelow(4)
      if (choice === 0) right.pause()
      else if (choice === 1) right.resume()
      else if (choice === 2) tasks.runAll()
      else isFull = !left.write([Uint8Array.of(sent++ & 0xff), Uint8Array.of(sent++ & 0xff)], () => released++)
    }
    right.resume()
    tasks.runAll()
    expect(received, `seed ${seed}`).toEqual(Array.from({ length: sent }, (_, index) => index & 0xff))
    expect(released, `seed ${seed}`).toBe(sent / 2)
    if (isFull) expect(drains, `seed ${seed}`).toBeGreaterThan(0)
  }
})
