import { afterEach, describe, expect, it } from 'vitest'
import { oneShard, open as openFake, sixShards, turns } from '../../test/support/client-harness.ts'
import { OUTCOME_STALE } from '../protocol/codes.ts'
import { ATOMIC_OPS_MAX, FRAME_BYTES_TARGET } from '../protocol/limits.ts'
import { createLocalServer } from '../server/local-server.ts'
import type { Client } from './client.ts'
import { connect } from './connect.ts'

const MIB = 1024 * 1024

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function open(): Promise<Client> {
  const server = createLocalServer({ threads: 2, shardsPerThread: 2, memoryBytesMax: 64 * MIB })
  const client = await connect(server.address, { transport: server })
  closers.push(
    () => client.destroy(),
    () => server.destroy(),
  )
  return client
}

describe('an atomic batch', () => {
  it('refuses what cannot be sent when it is appended, and is as it was then', async () => {
    const client = await open()
    const batch = client.atomic()
    const refused = (code: string) => expect.objectContaining({ code, fate: 'not-done' })
    expect(() => batch.set('', 'v')).toThrow(refused('KEY_TOO_LARGE'))
    expect(() => batch.get(`{t}${'k'.repeat(65_536)}`)).toThrow(refused('KEY_TOO_LARGE'))
    expect(() => batch.set('{t}', new Uint8Array(8 * MIB + 1))).toThrow(refused('VALUE_TOO_LARGE'))
    expect(() => batch.set('{t}', 'ä'.repeat(4 * MIB + 1))).toThrow(refused('VALUE_TOO_LARGE'))
    expect(() => batch.readRange('{t}', -1, 1)).toThrow(refused('INVALID_ARGUMENT'))
    expect(() => batch.add('{t}', 0.5)).toThrow(refused('INVALID_ARGUMENT'))
    expect(() => batch.add('{t}', 2 ** 60)).toThrow(refused('INVALID_ARGUMENT'))
    expect(batch.size).toBe(0)
    const sum = batch.add('{t}', 2n ** 60n)
    expect((await batch.send()).results.number(sum)).toBe(2n ** 60n)
  })

  it('takes the largest value, as text too', async () => {
    const client = await open()
    for (const value of ['x'.repeat(8 * MIB), 'ä'.repeat(4 * MIB), new Uint8Array(8 * MIB)]) {
      const batch = client.atomic()
      batch.set('{t}:large', value)
      const seen = batch.exists('{t}:large')
      const { committed, results } = await batch.send()
      expect([committed, results.found(seen)]).toEqual([true, true])
    }
  })

  it('has copied what it was given', async () => {
    const client = await open()
    const key = Buffer.from('{t}:key')
    const value = Buffer.from('value')
    const batch = client.atomic()
    batch.set(key, value)
    key.fill(0)
    value.fill(0)
    await batch.send()
    expect(await client.getString('{t}:key')).toBe('value')
  })

  it('whose keys are apart can be sent no more than an empty one, and names two of them', async () => {
    const client = await open()
    const batch = client.atomic()
    batch.get('a')
    for (let number = 0; number < 20; number++) batch.get(Buffer.from(`k:${number}`))
    await expect(batch.send()).rejects.toThrow(/"a" and "k:\d+" do not/)
    await expect(client.atomic().send()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('travels in one section of one frame, however large it is, also when it is routed again', async () => {
    const cluster = oneShard()
    const client = await openFake(cluster)
    let refusals = 1
    cluster.rule = () => (refusals-- > 0 ? { outcome: OUTCOME_STALE, executed: 0 } : undefined)
    const batch = client.atomic()
    for (let number = 0; number < ATOMIC_OPS_MAX; number++) batch.set(`k:${number}`, 'v'.repeat(1_000))
    expect(ATOMIC_OPS_MAX * 1_000).toBeGreaterThan(3 * FRAME_BYTES_TARGET)
    await batch.send()
    const counts = cluster.only().received.map(({ sections }) => sections.map(({ operations }) => operations.length))
    expect(counts).toEqual([[ATOMIC_OPS_MAX + 1], [ATOMIC_OPS_MAX + 1]])
  })

  it('runs behind the calls that were made before it, and before those made after it', async () => {
    const client = await open()
    const before = client.set('{t}:n', '1')
    const batch = client.atomic()
    const sum = batch.add('{t}:n', 1)
    const sent = batch.send()
    const after = client.add('{t}:n', 1)
    expect((await sent).results.number(sum)).toBe(2n)
    expect(await after).toBe(3n)
    await before
  })
})

it('a batch refuses a delta that is not exact', async () => {
  const client = await openFake(sixShards())
  const batch = client.batch()
  for (const delta of [0.5, Number.NaN, 2 ** 53]) {
    expect(() => batch.add('n', delta)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  }
  expect(batch.size).toBe(0)
  await turns()
})
