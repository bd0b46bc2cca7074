// A client that reaches the public port only, on a server of real threads: needs `npm run build`.

import { describe, expect, it } from 'vitest'

// The types are those of the source; the code is what users run.
const { startServer }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)
const { connect }: typeof import('../../src/client/index.ts') = await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)

const THREADS = 3
const KEYS = 10_000
const MEMORY_BYTES = 32 * 1024 * 1024

function valueAt(index: number): string {
  return `value ${index} `.repeat(1 + (index % 20))
}

describe('a client of the public port', () => {
  it('reads what it wrote to all threads, over one connection', async () => {
    await using server = await startServer({ threads: THREADS, shards: 2 * THREADS, memoryBytesMax: MEMORY_BYTES })
    await using client = await connect(server.address, { via: 'public' })
    const writes = client.batch()
    for (let index = 0; index < KEYS; index++) writes.set(`key:${index}`, valueAt(index))
    await writes.send()
    const reads = client.batch()
    for (let index = 0; index < KEYS; index++) reads.get(`key:${index}`)
    const results = await reads.send()
    for (let index = 0; index < KEYS; index++) {
      if (results.string(index) !== valueAt(index)) expect.fail(`wrong value of key:${index}`)
    }
    const singles = await Promise.all(Array.from({ length: 300 }, (_, index) => client.getString(`key:${index}`)))
    expect(singles).toEqual(Array.from({ length: 300 }, (_, index) => valueAt(index)))

    const stats = await server.stats()
    expect(stats.map(({ connections }) => connections)).toEqual([1, 0, 0])
    // The first connection asked for the topology.
    expect(stats.map(({ connectionsAccepted }) => connectionsAccepted)).toEqual([2, 0, 0])
    expect(stats.reduce((sum, { records }) => sum + records, 0)).toBe(KEYS)
    for (const { records } of stats) expect(records).toBeGreaterThan(KEYS / 10)
    expect(stats[0]?.framesForwarded).toBeGreaterThan(0)
    const elsewhere = stats.slice(1).reduce((sum, { operations }) => sum + operations, 0)
    expect(elsewhere).toBeGreaterThan(KEYS)
    expect(stats.map(({ operationsForwarded }) => operationsForwarded)).toEqual([elsewhere, 0, 0])
    expect(stats.map((thread) => thread.operationsExecutedForSiblings)).toEqual(
      stats.map(({ thread, operations }) => (thread === 0 ? 0 : operations)),
    )
    expect(stats[0]?.frames).toBeGreaterThanOrEqual(stats[0]?.framesForwarded ?? 0)
  })

  it('sees what a client of the direct ports wrote, and the other way round', async () => {
    await using server = await startServer({ threads: THREADS, memoryBytesMax: MEMORY_BYTES })
    await using direct = await connect(server.address)
    await using through = await connect(server.address, { via: 'public' })
    for (let index = 0; index < 20; index++) {
      const [writer, reader] = index % 2 === 0 ? [direct, through] : [through, direct]
      await writer.set(`k${index}`, `${index}`)
      expect(await reader.getString(`k${index}`)).toBe(`${index}`)
    }
  })

  it('is answered what it had sent when the server closes, and all threads end', async () => {
    const server = await startServer({ threads: THREADS, memoryBytesMax: MEMORY_BYTES })
    await using client = await connect(server.address, { via: 'public' })
    const batch = client.batch()
    for (let index = 0; index < KEYS; index++) batch.set(`key:${index}`, valueAt(index))
    const sent = batch.send()
    // The batch is on its way once a later call is answered.
    await client.get('key:0')
    const closed = server.close()
    await sent
    await Promise.all([closed, server.closed])
  })
})
