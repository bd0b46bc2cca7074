import { describe, expect, it } from 'vitest'
import { openTestRuntime, operationsFrame, TestPeer, testHello } from '../../test/support/server-harness.ts'
import { encodeControl } from '../protocol/control.ts'
import { KIND_GO_AWAY, KIND_OPERATIONS_REPLY, KIND_PING, KIND_PONG } from '../protocol/frame.ts'
import { REFUSAL_DRAINING } from '../protocol/hello.ts'

const GET = operationsFrame(1, [{ operations: [{ kind: 'get', key: 'key' }] }])

/** Whether a promise has settled. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open')
  await new Promise(setImmediate)
  return (await Promise.race([promise, Promise.resolve(open)])) !== open
}

describe('drain', () => {
  it('resolves at once without connections, and leaves no timer', async () => {
    const { runtime, clock } = openTestRuntime()
    await runtime.drain(5_000)
    await runtime.drain(5_000)
    expect(clock.timerCount).toBe(0)
  })

  it('tells every peer to go away, answers what was on its way, and closes when it is silent', async () => {
    const { runtime, clock } = openTestRuntime({ limits: { drainQuietMs: 300 } })
    const peer = TestPeer.open(runtime)
    clock.advance(10_000)
    const drained = runtime.drain(5_000)
    clock.advance(200)
    peer.send(GET)
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_GO_AWAY, KIND_OPERATIONS_REPLY])
    clock.advance(200)
    peer.send(GET)
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_OPERATIONS_REPLY])
    expect(peer.channel.isEnded).toBe(false)
    clock.advance(400)
    expect(peer.channel.isEnded).toBe(true)
    expect(await isSettled(drained)).toBe(false)
    peer.replies()
    await drained
    expect(clock.timerCount).toBe(0)
  })

  it('is over as soon as the peers have gone', async () => {
    const { runtime } = openTestRuntime()
    const peer = TestPeer.open(runtime)
    const drained = runtime.drain(5_000)
    peer.channel.destroy()
    await drained
  })

  it('waits for a peer that still reads its replies, and for the rest of an incomplete frame', async () => {
    const { runtime, clock } = openTestRuntime()
    const reader = TestPeer.open(runtime)
    const sender = TestPeer.open(runtime)
    reader.send(GET)
    sender.send(GET.subarray(0, 20))
    const drained = runtime.drain(5_000)
    sender.replies()
    clock.advance(2_000)
    expect([reader.channel.isEnded, sender.channel.isEnded]).toEqual([false, false])
    expect(reader.replies()).toHaveLength(2)
    sender.send(GET.subarray(20))
    expect(sender.replies()).toHaveLength(1)
    clock.advance(1_000)
    for (const peer of [reader, sender]) peer.replies()
    await drained
  })

  it('closes by force what is left at the deadline', async () => {
    const { runtime, clock } = openTestRuntime()
    const busy = TestPeer.open(runtime)
    const stopped = TestPeer.open(runtime)
    stopped.send(GET)
    const drained = runtime.drain(1_000)
    for (let step = 0; step < 21; step++) {
      busy.send(encodeControl(KIND_PING, step, ''))
      clock.advance(50)
    }
    await drained
    expect([busy.channel.isClosed, stopped.channel.isClosed]).toEqual([true, true])
    expect(clock.timerCount).toBe(0)
  })

  it('ends connections that have not said hello, and refuses new ones', async () => {
    const { runtime } = openTestRuntime()
    const served = TestPeer.open(runtime)
    const silent = new TestPeer(runtime)
    const drained = runtime.drain(1_000)
    expect(silent.channel.isEnded).toBe(true)
    const late = new TestPeer(runtime)
    late.channel.deliver(testHello())
    late.replies()
    expect(late.answer?.refusal).toBe(REFUSAL_DRAINING)
    silent.replies()
    served.send(encodeControl(KIND_PING, 1, ''))
    expect(served.replies().map(({ kind }) => kind)).toEqual([KIND_GO_AWAY, KIND_PONG])
    served.channel.destroy()
    await drained
  })
})

describe('destroy', () => {
  it('closes everything at once, also during a drain, and any number of times', async () => {
    const { runtime, clock } = openTestRuntime()
    const peers = [TestPeer.open(runtime), new TestPeer(runtime)]
    const drained = runtime.drain(1_000)
    runtime.destroy()
    runtime.destroy()
    await drained
    for (const { channel } of peers) expect(channel.isClosed).toBe(true)
    expect(runtime.connectionCount).toBe(0)
    expect(clock.timerCount).toBe(0)
  })
})
