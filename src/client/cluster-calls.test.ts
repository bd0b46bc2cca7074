// Calls that concern the whole cluster, and those on expiry: against real servers in this thread, and a scripted one.

import { afterEach, describe, expect, it } from 'vitest'
import { open as openFake, sixShards, turns } from '../../test/support/client-harness.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { createLocalServer } from '../server/local-server.ts'
import type { SluiceError } from '../util/errors.ts'
import type { Client } from './client.ts'
import { connect } from './connect.ts'
import type { ClientOptions } from './options.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function open(options: ClientOptions = {}): Promise<Client> {
  const clock = options.clock === undefined ? {} : { clock: options.clock }
  const server = createLocalServer({ threads: 2, shardsPerThread: 3, memoryBytesMax: 16 * 1024 * 1024, ...clock })
  const client = await connect(server.address, { transport: server, ...options })
  closers.push(
    () => client.destroy(),
    () => server.destroy(),
  )
  return client
}

describe('a scan of records', () => {
  it('lists each with value, version and expiry', async () => {
    const clock = new ManualClock()
    const client = await open({ clock })
    const keys = Array.from({ length: 500 }, (_, number) => `k:${number}`)
    await client.setMany(keys.map((key) => [key, `value of ${key}`]))
    await client.expire('k:7', 1_000)
    const records = new Map<string, { value: string; version: bigint; expiresAtMs: number }>()
    for await (const { key, value, version, expiresAtMs } of client.scanRecords({ pageKeys: 20 })) {
      records.set(Buffer.from(key).toString(), { value: Buffer.from(value).toString(), version, expiresAtMs })
    }
    expect([...records.keys()].sort()).toEqual(keys.sort())
    for (const [key, { value, version, expiresAtMs }] of records) {
      expect(value).toBe(`value of ${key}`)
      expect(expiresAtMs).toBe(key === 'k:7' ? clock.nowMs() + 1_000 : Infinity)
      expect(await client.compareAndSet(key, 'next', version)).toBeGreaterThan(version)
    }
  })

  it('leaves out what is gone, and lists what stays while the rest changes', async () => {
    const client = await open()
    const names = (kind: string): string[] => Array.from({ length: 300 }, (_, number) => `${kind}:${number}`)
    await client.setMany([...names('stay'), ...names('go')].map((key) => [key, 'v']))
    const seen = new Set<string>()
    let isFirst = true
    for await (const { key, value } of client.scanRecords({ pageKeys: 10 })) {
      if (isFirst) await client.deleteMany(names('go'))
      isFirst = false
      await client.set(`new:${seen.size % 100}`, 'v')
      expect(Buffer.from(value).toString()).toBe('v')
      seen.add(Buffer.from(key).toString())
    }
    expect(names('stay').filter((key) => !seen.has(key))).toEqual([])
  })

  it('ends with its signal, and rejects when the client is closed', async () => {
    const client = await open()
    await client.setMany(Array.from({ length: 200 }, (_, number) => [`k:${number}`, 'v']))
    const controller = new AbortController()
    const scan = client.scanStrings({ pageKeys: 5, signal: controller.signal })
    expect((await scan.next()).done).toBe(false)
    controller.abort()
    const rest = (async () => {
      for await (const _ of scan);
    })()
    await expect(rest).rejects.toMatchObject({ code: 'CANCELLED', fate: 'not-done' })
    await client.close()
    await expect(client.scanRecords().next()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(client.scan().next()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a call on every shard', () => {
  it('comes behind the calls that were made before', async () => {
    const client = await open({ queueBytesMax: 1, framesInFlightMax: 1 })
    const large = 'x'.repeat(300_000)
    const writes = Array.from({ length: 40 }, (_, number) => client.set(`k:${number}`, large))
    const count = client.count()
    const cleared = client.clear()
    const later = client.set('last', 'v')
    await Promise.all([...writes, cleared, later])
    expect(await count).toBe(40)
    expect(await client.count()).toBe(1)
  })

  it('that fails on some names them, and tells what is known', async () => {
    const cluster = sixShards()
    const client = await openFake(cluster, { whenDisconnected: 'fail' })
    const lost = client.topology.shards.filter(({ node, thread }) => node === 'one' && thread === 1)
    cluster.isReachable = (address) => address !== 'one:2'
    cluster.at('one:2')[0]?.cut()
    await turns()
    const error: SluiceError = await client.clear().then(
      () => expect.fail('it cannot be done'),
      (reason) => reason,
    )
    expect(error).toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
    expect(error.message).toContain(`${lost.length} of 6 shards failed: ${lost[0]?.id} (`)
    expect(error.message).toContain(`, ${lost[1]?.id} (`)
  })

  it('takes limits, as those on many keys do', async () => {
    const client = await open()
    const cancelled = { code: 'CANCELLED', fate: 'not-done' }
    const signal = AbortSignal.abort()
    await client.set('k', 'v')
    await expect(client.clear({ signal })).rejects.toMatchObject(cancelled)
    await expect(client.count({ signal })).rejects.toMatchObject(cancelled)
    await expect(client.setMany([['k', 'w']], { signal })).rejects.toMatchObject(cancelled)
    await expect(client.deleteMany(['k'], { signal })).rejects.toMatchObject(cancelled)
    await expect(client.ttlMs('k', { signal })).rejects.toMatchObject(cancelled)
    expect(await client.getString('k')).toBe('v')
    await expect(client.deleteMany(['k'], { timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('answered with something else rejects with PROTOCOL', async () => {
    // The scripted cluster knows neither count nor add.
    const client = await openFake(sixShards())
    await expect(client.count()).rejects.toMatchObject({ code: 'PROTOCOL', fate: 'not-done' })
    await expect(client.add('n')).rejects.toMatchObject({ code: 'PROTOCOL', fate: 'unknown' })
    await client.set('k', 'v')
    expect(await client.getString('k')).toBe('v')
  })
})

describe('the time that a record has', () => {
  it('is told, without its value', async () => {
    const clock = new ManualClock()
    const client = await open({ clock })
    await client.set('k', 'v', { ttlMs: 1_000 })
    await client.set('stays', 'v')
    clock.advance(400)
    expect(await client.ttlMs('k')).toBe(600)
    expect(await client.ttlMs('stays')).toBe(Infinity)
    expect(await client.ttlMs('nobody')).toBeUndefined()
    const batch = client.batch({ withVersions: true })
    const asked = [batch.expiry('k'), batch.expiry('stays'), batch.expiry('nobody')]
    const results = await batch.send()
    expect(asked.map((index) => results.expiresAtMs(index))).toEqual([clock.nowMs() + 600, Infinity, undefined])
    clock.advance(600)
    expect(await client.ttlMs('k')).toBeUndefined()
  })

  it('stays or is set when a value is compared and set', async () => {
    const clock = new ManualClock()
    const client = await open({ clock })
    await client.set('k', '1', { ttlMs: 1_000 })
    const first = (await client.getRecord('k'))?.version ?? 0n
    const second = await client.compareAndSet('k', '2', first, { keepExpiry: true })
    expect(await client.ttlMs('k')).toBe(1_000)
    const third = await client.compareAndSet('k', '3', second ?? 0n, { ttlMs: 50 })
    expect(await client.ttlMs('k')).toBe(50)
    expect(await client.compareAndSet('k', '4', third ?? 0n)).toBeGreaterThan(third ?? 0n)
    expect(await client.ttlMs('k')).toBe(Infinity)
  })
})
