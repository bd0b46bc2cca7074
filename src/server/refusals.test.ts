// Every refused connection is counted once, by what was wrong with it.

import { describe, expect, it } from 'vitest'
import {
  openTestRuntime,
  TestChannel,
  TestPeer,
  type TestRuntimeOptions,
  testHello,
} from '../../test/support/server-harness.ts'
import type { Hello } from '../protocol/hello.ts'
import { REFUSAL_AUTHENTICATION } from '../protocol/hello.ts'
import { REFUSED_CONNECTIONS_MAX } from './limits.ts'
import type { ShardRuntime } from './shard-runtime.ts'

const PASSWORD = 'open sesame'
const GOOD = { credentials: Buffer.from(PASSWORD) }

function open(options: TestRuntimeOptions = {}): ShardRuntime {
  return openTestRuntime({ password: PASSWORD, ...options }).runtime
}

function greet(runtime: ShardRuntime, hello: Partial<Hello>): TestPeer {
  const peer = new TestPeer(runtime)
  peer.channel.deliver(testHello(hello))
  return peer
}

/** The reasons that were counted, of which `connectionsRefused` is the sum. */
function counted(runtime: ShardRuntime): Record<string, number> {
  const { refusals, connectionsRefused } = runtime.stats()
  const counts = Object.entries(refusals).filter(([, count]) => count > 0)
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(connectionsRefused)
  return Object.fromEntries(counts)
}

describe('refused connections', () => {
  it.each<[string, Partial<Hello>]>([
    ['wrongPassword', { credentials: Buffer.from('open sesam') }],
    ['noPassword', {}],
    ['version', { ...GOOD, versionMin: 2, versionMax: 3 }],
    ['feature', { ...GOOD, requiredFeatures: 1 }],
    ['limits', { ...GOOD, frameBytesMax: 4_096 }],
  ])('are counted by their reason: %s', (reason, hello) => {
    const runtime = open()
    for (let count = 0; count < 3; count++) greet(runtime, hello)
    greet(runtime, GOOD)
    expect(counted(runtime)).toEqual({ [reason]: 3 })
  })

  it('of other machines are told apart from those with a wrong password', () => {
    const runtime = open()
    const channel = new TestChannel()
    runtime.accept(channel, REFUSAL_AUTHENTICATION)
    channel.deliver(testHello(GOOD))
    expect(counted(runtime)).toEqual({ remoteClient: 1 })
  })

  it('beyond the limit are counted whether they are told so or not', () => {
    const runtime = open({ limits: { connectionsMax: 1 } })
    greet(runtime, GOOD)
    for (let count = 0; count < REFUSED_CONNECTIONS_MAX; count++) greet(runtime, GOOD)
    expect(counted(runtime)).toEqual({ connections: REFUSED_CONNECTIONS_MAX })
    expect(new TestPeer(runtime).channel.isClosed).toBe(true)
    expect(counted(runtime)).toEqual({ connections: REFUSED_CONNECTIONS_MAX + 1 })
  })

  it('that say nothing are counted when there are too many of them', () => {
    const runtime = open({ limits: { strangersMax: 2 } })
    for (let count = 0; count < 5; count++) new TestPeer(runtime)
    expect(counted(runtime)).toEqual({ strangers: 3 })
  })

  it('during a drain are counted', () => {
    const runtime = open()
    greet(runtime, GOOD)
    void runtime.drain(1_000)
    greet(runtime, GOOD)
    expect(counted(runtime)).toEqual({ draining: 1 })
  })
})
