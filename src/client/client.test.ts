import { describe, expect, it } from 'vitest'
import { oneShard, open, turns } from '../../test/support/client-harness.ts'
import { SluiceError } from '../util/errors.ts'

describe('promise calls', () => {
  it('read what was written', async () => {
    const client = await open(oneShard())
    await client.set('key', 'value')
    expect(await client.get('key')).toEqual(new TextEncoder().encode('value'))
    expect(await client.getString('key')).toBe('value')
    expect(await client.exists('key')).toBe(true)
    expect(await client.delete('key')).toBe(true)
    expect(await client.delete('key')).toBe(false)
    expect(await client.exists('key')).toBe(false)
    expect(await client.get('key')).toBeUndefined()
    expect(await client.getString('key')).toBeUndefined()
  })

  it('take text beyond ASCII, bytes, and an empty value', async () => {
    const client = await open(oneShard())
    await client.set('clé:é€😀', 'välue 😀')
    expect(await client.getString('clé:é€😀')).toBe('välue 😀')
    expect(await client.getString(new TextEncoder().encode('clé:é€😀'))).toBe('välue 😀')
    await client.set(Uint8Array.of(0, 255, 10), new Uint8Array(0))
    expect(await client.get(Uint8Array.of(0, 255, 10))).toEqual(new Uint8Array(0))
    expect(await client.getString(Uint8Array.of(0, 255, 10))).toBe('')
  })

  it('made in one turn share one frame', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const calls = Array.from({ length: 100 }, (_, index) => client.set(`key:${index}`, `${index}`))
    await Promise.all(calls)
    expect(cluster.only().received).toHaveLength(1)
    expect(cluster.only().received[0]?.sections[0]?.operations).toHaveLength(100)
  })

  it('made by continuations of one reply share one frame, however deep they await', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const viaHelper = async (key: string): Promise<string | undefined> => await client.getString(key)
    const caller = async (index: number): Promise<void> => {
      for (let round = 0; round < 3; round++) await (index % 2 === 0 ? viaHelper('key') : client.getString('key'))
    }
    await Promise.all(Array.from({ length: 10 }, (_, index) => caller(index)))
    expect(cluster.only().received).toHaveLength(3)
  })

  it('gather while a frame is in flight, and leave when a reply arrives', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    cluster.isHolding = true
    const first = client.get('a')
    await turns()
    const later = [client.get('b')]
    await turns()
    later.push(client.get('c'))
    await turns()
    expect(cluster.only().received).toHaveLength(1)
    cluster.isHolding = false
    cluster.only().answer()
    await Promise.all([first, ...later])
    expect(cluster.only().received.map(({ sections }) => sections[0]?.operations.length)).toEqual([1, 2])
  })

  it('return bytes of their own', async () => {
    const client = await open(oneShard())
    await client.set('key', 'value')
    const [one, two] = await Promise.all([client.get('key'), client.get('key')])
    one?.fill(0)
    expect(two).toEqual(new TextEncoder().encode('value'))
    expect(await client.getString('key')).toBe('value')
  })

  it('reject keys and values of wrong sizes and send nothing', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    await expect(client.get('')).rejects.toMatchObject({ code: 'KEY_TOO_LARGE', fate: 'not-done' })
    await expect(client.set('k'.repeat(65_536), '')).rejects.toMatchObject({ code: 'KEY_TOO_LARGE' })
    await expect(client.set('k', new Uint8Array(8 * 1024 * 1024 + 1))).rejects.toMatchObject({
      code: 'VALUE_TOO_LARGE',
    })
    await turns()
    expect(cluster.only().received).toHaveLength(0)
  })

  it('that lack memory fail alone', async () => {
    const cluster = oneShard()
    cluster.isFull = (key) => key === 'b'
    const client = await open(cluster)
    const settled = await Promise.allSettled([client.set('a', '1'), client.set('b', '2'), client.set('c', '3')])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { code: 'NO_MEMORY', fate: 'not-done', retryable: true } })
  })

  it('and batches keep their order', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const call = client.set('a', '1')
    const batch = client.batch()
    batch.get('a')
    const results = await batch.send()
    await call
    expect(results.string(0)).toBe('1')
    expect(cluster.executed).toEqual(['set a', 'get a'])
  })
})

describe('lifecycle', () => {
  it('close finishes what was sent, and is idempotent', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    cluster.isHolding = true
    const calls = [client.set('a', '1'), client.get('a')]
    const closing = client.close()
    expect(client.close()).toBe(closing)
    await turns()
    cluster.only().answer()
    await Promise.all(calls)
    await closing
    await turns()
    expect(cluster.connections.every(({ isClosed }) => isClosed)).toBe(true)
    client.destroy()
    await client[Symbol.asyncDispose]()
  })

  it('every call after close rejects with CLOSED', async () => {
    const client = await open(oneShard())
    await client.close()
    const closed = { code: 'CLOSED', fate: 'not-done' }
    await expect(client.get('a')).rejects.toMatchObject(closed)
    await expect(client.set('a', '')).rejects.toMatchObject(closed)
    await expect(client.getString('a')).rejects.toMatchObject(closed)
    await expect(client.delete('a')).rejects.toMatchObject(closed)
    await expect(client.exists('a')).rejects.toMatchObject(closed)
    await expect(client.ready()).rejects.toMatchObject(closed)
    await expect(client.stats()).rejects.toMatchObject(closed)
    expect(() => client.batch()).toThrow(SluiceError)
  })

  it('a batch begun before close is not sent after it', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const batch = client.batch()
    batch.set('a', '1')
    await client.close()
    await expect(batch.send()).rejects.toMatchObject({ code: 'CLOSED', fate: 'not-done' })
    expect(cluster.executed).toEqual([])
  })

  it('destroy fails what is in flight as unknown and what was not sent as not done', async () => {
    const cluster = oneShard()
    const client = await open(cluster, { framesInFlightMax: 1 })
    cluster.isHolding = true
    const sent = client.set('a', '1')
    await turns()
    const batch = client.batch()
    batch.set('b', '2')
    const queued = batch.send()
    const gathered = client.set('c', '3')
    client.destroy(new Error('enough'))
    client.destroy()
    await expect(sent).rejects.toMatchObject({ code: 'CLOSED', fate: 'unknown' })
    await expect(queued).rejects.toMatchObject({ code: 'CLOSED', fate: 'not-done' })
    await expect(gathered).rejects.toMatchObject({ code: 'CLOSED', fate: 'not-done' })
    await turns()
    expect(cluster.connections.every(({ isClosed }) => isClosed)).toBe(true)
  })
})
