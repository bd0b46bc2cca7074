import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { oneShard, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster } from '../../test/support/fake-cluster.ts'
import { evenTopology } from '../cluster/topology.ts'
import { seededRandom } from '../util/random.ts'
import { SocketChannel } from '../util/socket-channel.ts'
import type { BatchResults } from './batch-results.ts'
import { connect } from './connect.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A scripted cluster behind a real port. */
async function listen(): Promise<{ cluster: FakeCluster; address: string }> {
  const cluster = oneShard()
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const place = server.address()
  const port = typeof place === 'object' && place !== null ? place.port : 0
  const address = `127.0.0.1:${port}`
  cluster.topology = evenTopology({ nodes: [{ id: 'one', host: '127.0.0.1', ports: [port] }] })
  server.on('connection', (socket) => cluster.accept(new SocketChannel(socket), address))
  return { cluster, address }
}

describe('over TCP', () => {
  it('calls and batches work, up to the largest value', async () => {
    const { address } = await listen()
    const client = await connect(address)
    await client.set('small', 'value')
    expect(await client.getString('small')).toBe('value')
    const largest = new Uint8Array(8 * 1024 * 1024).fill(7)
    await client.set('large', largest)
    const large = await client.get('large')
    expect(large !== undefined && Buffer.compare(large, largest) === 0).toBe(true)
    await client.close()
  })

  it('results stay as they are until they are released, while the receive memory goes round', async () => {
    const { address } = await listen()
    const client = await connect(address)
    const random = seededRandom(1)
    const values = Array.from({ length: 64 }, (_, index) => `${index}:`.repeat(1 + random.nextBelow(20_000)))
    await Promise.all(values.map((value, index) => client.set(`k:${index}`, value)))
    let held: { readonly results: BatchResults; readonly expected: readonly string[] }[] = []
    for (let round = 0; round < 60; round++) {
      const batch = client.batch()
      const picks = Array.from({ length: 1 + random.nextBelow(32) }, () => random.nextBelow(values.length))
      for (const pick of picks) batch.get(`k:${pick}`)
      held.push({ results: await batch.send(), expected: picks.map((pick) => values[pick] ?? '') })
      const kept = held.filter(() => random.nextBelow(12) > 0)
      for (const { results, expected } of held) {
        if (expected.some((value, index) => results.string(index) !== value)) expect.fail(`round ${round}`)
      }
      for (const entry of held) if (!kept.includes(entry)) entry.results.release()
      held = kept
    }
    await client.close()
    for (const { results, expected } of held) expect(results.string(0) === expected[0]).toBe(true)
    for (const { results } of held) results.release()
  })

  it('a lost connection is noticed', async () => {
    const { cluster, address } = await listen()
    const client = await connect(address)
    cluster.isHolding = true
    const call = client.set('a', '1')
    await turns()
    cluster.only().cut()
    await expect(call).rejects.toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
    await client.close()
  })

  it('connecting fails where nobody listens, and at what is no address', async () => {
    const { address } = await listen()
    const server = servers.pop()
    await new Promise((resolve) => server?.close(resolve))
    await expect(connect(address)).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    for (const wrong of ['', 'localhost:', ':1', 'localhost:0', 'localhost:65536', '::1:7000']) {
      await expect(connect(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })

  it('connecting stops when the signal aborts', async () => {
    const { address } = await listen()
    await expect(connect(address, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    const controller = new AbortController()
    const connecting = connect(address, { signal: controller.signal })
    controller.abort()
    await expect(connecting).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  })
})
