// Slots move between two real nodes while clients write and read. Each key has one writer, which knows what may be read:
// what it wrote last, or nothing, since a moved slot starts empty; and never again what it found gone.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Client, connect, type Topology } from '../../dist/client/index.js'
import { type Server, startServer } from '../../dist/server/index.js'
import { parseTopology } from '../../src/cluster/parse-topology.ts'
import { SlotSet } from '../../src/cluster/slot-set.ts'
import { type Random, seededRandom } from '../../src/util/random.ts'
import { freePorts } from '../support/free-ports.ts'
import { seedOf } from '../support/seed.ts'

const MIB = 1024 * 1024
const CHANGES = 100
const KEYS = 48

async function startNodes(random: Random): Promise<{ servers: Server[]; topology: Topology }> {
  const ports = await freePorts(3)
  const topology = parseTopology({
    number: 1,
    nodes: [
      { id: 'a', host: '127.0.0.1', ports: ports.slice(0, 2) },
      { id: 'b', host: '127.0.0.1', ports: ports.slice(2) },
    ],
    shards: [
      { id: 0, node: 'a', thread: 0, view: 1, slots: [[0, 4_000]] },
      { id: 1, node: 'a', thread: 1, view: 1, slots: [[4_001, 8_191]] },
      { id: 2, node: 'b', thread: 0, view: 1, slots: [[8_192, 16_383]] },
    ],
  })
  const ids = random.nextBelow(2) === 0 ? ['a', 'b'] : ['b', 'a']
  const servers = await Promise.all(ids.map((nodeId) => startServer({ topology, nodeId, memoryBytesMax: 32 * MIB })))
  return { servers, topology }
}

/** The topology with a random range of slots at another shard. */
function moved(topology: Topology, random: Random): Topology {
  const to = random.nextBelow(topology.shards.length)
  const first = random.nextBelow(16_384)
  const range = SlotSet.of([[first, Math.min(16_383, first + random.nextBelow(8_000))]])
  const shards = topology.shards.map((shard, index) => {
    const before = SlotSet.of(shard.slots)
    const after = index === to ? before.union(range) : before.without(range)
    return after.equals(before) ? shard : { ...shard, view: shard.view + 1, slots: after.toRanges() }
  })
  return parseTopology({ ...topology, number: topology.number + 1, shards })
}

/** Writes that a writer has under way at once, each in a frame of its own: their order holds, wherever they are sent again. */
const WRITES_AT_ONCE = 4

/** Writes ever larger numbers under a key until `isOver`, by one client, and reads them by another. */
async function writeAndRead(
  key: string,
  writer: Client,
  reader: Client,
  isOver: () => boolean,
): Promise<{ writes: number; wipes: number }> {
  let writes = 0
  let wipes = 0
  while (!isOver()) {
    const write = () => {
      const batch = writer.batch()
      batch.set(key, `${++writes}`)
      return batch.send()
    }
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write))
    let isGone = false
    for (const client of [reader, writer, reader]) {
      const text = await client.getString(key)
      if (text === undefined) {
        isGone = true
      } else {
        expect({ key, text, isGone }).toEqual({ key, text: `${writes}`, isGone: false })
      }
    }
    if (isGone) wipes++
    await sleep(1)
  }
  return { writes, wipes }
}

/** Tells the nodes of a topology in random order, after random times, and sometimes only of the one after it. */
async function tell(servers: readonly Server[], topology: Topology, isLast: boolean, random: Random): Promise<void> {
  await Promise.all(
    servers.map(async (server) => {
      if (!isLast && random.nextBelow(5) === 0) return
      await sleep(random.nextBelow(30))
      await server.adoptTopology(topology).catch((error: unknown) => {
        // It has learned of a newer one by itself.
        if (server.topology.number < topology.number) throw error
      })
    }),
  )
}

describe('a topology that changes a hundred times', () => {
  it('never has two owners of a slot, and shows no value of an earlier owner', { timeout: 60_000 }, async () => {
    const random = seededRandom(seedOf())
    const { servers, topology: first } = await startNodes(random)
    const addresses = first.nodes.flatMap(({ host, ports }) => ports.map((port) => `${host}:${port}`))
    // The last one's operations are passed on inside the nodes.
    const vias = ['direct', 'direct', 'public'] as const
    const clients = await Promise.all(vias.map((via) => connect(addresses, { timeoutMs: 15_000, via })))
    try {
      let isOver = false
      const workers = Promise.all(
        Array.from({ length: KEYS }, (_, index) => {
          const writer = clients[index % 3] as Client
          const reader = clients[(index + 1) % 3] as Client
          return writeAndRead(`key:${index}`, writer, reader, () => isOver)
        }),
      )
      workers.catch(() => {})
      let topology = first
      for (let change = 1; change <= CHANGES; change++) {
        topology = moved(topology, random)
        await tell(servers, topology, change === CHANGES, random)
        await sleep(random.nextBelow(20))
      }
      await sleep(300)
      isOver = true
      const totals = await workers
      const sum = (pick: (total: { writes: number; wipes: number }) => number): number =>
        totals.reduce((count, total) => count + pick(total), 0)
      expect(servers.map((server) => server.topology.number)).toEqual([CHANGES + 1, CHANGES + 1])
      expect(servers.map((server) => server.readiness())).toEqual(servers.map(() => ({ isReady: true, reasons: [] })))
      expect(totals.every(({ writes }) => writes > 3 * WRITES_AT_ONCE)).toBe(true)
      // Slots did move under the keys.
      expect(sum(({ wipes }) => wipes)).toBeGreaterThan(0)
      expect(clients.map((client) => client.topology.number).every((number) => number > 1)).toBe(true)
    } finally {
      for (const client of clients) client.destroy()
      await Promise.all(servers.map((server) => server.close()))
    }
  })
})
