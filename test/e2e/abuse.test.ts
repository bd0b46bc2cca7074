// A server of real threads under thousands of connections, some of which cost it all that its limits allow: the others
// are served on, rightly, and memory stays below the sum of the limits. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  flood,
  LARGE_KEY,
  openIdle,
  portOf,
  readLarge,
  sendTooMany,
  TRICKLE_KEY,
  trickle,
} from '../../scripts/bench-abuse/abusers.mjs'
import type { RawPeer } from '../../scripts/bench-abuse/raw-peer.mjs'
import { ServerProcess } from '../../scripts/bench-abuse/server-process.mjs'
import type { Client } from '../../src/client/index.ts'
import { OUTCOME_EXECUTED, OUTCOME_STOPPED, OUTCOME_TOO_MANY_OPERATIONS } from '../../src/protocol/codes.ts'
import { FRAME_BYTES_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../../src/protocol/limits.ts'
import type { ServerLimits } from '../../src/server/limits.ts'
import { BULK_RECORDS, BusyClients, readLargest, sendBulk, writeLargest } from '../support/busy-clients.ts'
import { encodeOperations } from '../support/engine-harness.ts'

// The types are those of the source; the code is what users run.
const { connect }: typeof import('../../src/client/index.ts') = await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)

const TEST_MS_MAX = 90_000
const MIB = 1024 * 1024
const THREADS = 2
const IDLE = 2_000
const BUSY = 200
const BUSY_OPENING_MAX = 20
/** Of each busy client, before the abuse and while it lasts. */
const BUSY_ROUNDS_MIN = 20
/** Readers that read nothing: together they are owed more than the slabs of their shard can hold. */
const FLOODERS = 8
/** Both of one shard. */
const LARGEST_KEYS = [LARGE_KEY, '{large}1'] as const
const SHARED_KEY = 'shared'
const MEMORY_BYTES = 128 * MIB

const LIMITS = {
  connectionsMax: IDLE,
  partialBytesMax: 16 * 1024,
  largeFramesMax: 4,
  heldBytesMax: 4 * MIB,
  heldBytesOfAllMax: 128 * MIB,
  slowReaderMs: 5_000,
  // A hello that comes byte by byte, on a machine that is busy with all of this, takes its time.
  handshakeMs: 60_000,
} as const satisfies Partial<ServerLimits>

/** The buffers of one engine: its slabs, and the largest frame. */
const ENGINE_BUFFER_BYTES = 160 * 256 * 1024 + FRAME_BYTES_MAX
/** What Node keeps for a connection beside what the limits count: objects, and the chunk that it reads into. */
const CONNECTION_BYTES = 80 * 1024
/** All that the limits allow the server. */
const GROWTH_BYTES_MAX =
  MEMORY_BYTES +
  (IDLE + THREADS * BUSY) * CONNECTION_BYTES +
  THREADS *
    (ENGINE_BUFFER_BYTES +
      LIMITS.heldBytesOfAllMax +
      LIMITS.connectionsMax * LIMITS.partialBytesMax +
      // A frame's memory doubles while it arrives; the piece before is garbage for a while.
      2 * LIMITS.largeFramesMax * FRAME_BYTES_MAX)

async function connectBusy(address: string): Promise<Client[]> {
  const clients: Client[] = []
  while (clients.length < BUSY) {
    const opening = Array.from({ length: BUSY_OPENING_MAX }, () => connect(address, { timeoutMs: TEST_MS_MAX }))
    clients.push(...(await Promise.all(opening)))
  }
  return clients
}

/** Resolves when no flooder is sent more. Rejects when anybody has to wait for one of them to read. */
async function owed(server: ServerProcess): Promise<void> {
  for (;;) {
    const { stats } = await server.report()
    expect(stats.map(({ waitingForSlabs }) => waitingForSlabs)).toEqual(stats.map(() => 0))
    if (stats.some(({ bytesHeld }) => bytesHeld >= FLOODERS * LIMITS.heldBytesMax)) return
    await sleep(10)
  }
}

/** Every kind of abuse at once, until it is over, and what each kind saw. */
async function abuse(server: ServerProcess, client: Client, isOver: () => boolean) {
  const largePort = portOf(server.topology, LARGE_KEY)
  const [trickled, replies, large] = await Promise.all([
    trickle(portOf(server.topology, TRICKLE_KEY), isOver),
    sendTooMany(largePort, isOver),
    readLarge(largePort, isOver),
    ...Array.from({ length: FLOODERS }, () => flood(largePort, () => true)),
    sendBulk(client),
    readLargest(client, LARGEST_KEYS),
    owed(server),
  ])
  return { trickled, replies, large }
}

/** Whether each of them still gets an answer. */
async function areAllServed(peers: readonly RawPeer[]): Promise<boolean> {
  const operations = encodeOperations([{ kind: 'get', key: SHARED_KEY }])
  const replies = await Promise.all(peers.map((peer) => peer.request(operations, 1)))
  return replies.every(({ outcome }) => outcome === OUTCOME_EXECUTED)
}

describe('a server among abusers', () => {
  it('serves the others on, and keeps to its limits', { timeout: TEST_MS_MAX }, async () => {
    const server = await ServerProcess.start({ threads: THREADS, memoryBytesMax: MEMORY_BYTES, limits: LIMITS })
    onTestFinished(() => server.stop())
    const { rssBytesMax: rssBytesBefore } = await server.report()
    await using client = await connect(server.address, { timeoutMs: TEST_MS_MAX })
    await client.set(SHARED_KEY, SHARED_KEY)
    await writeLargest(client, LARGEST_KEYS)
    const idle = await openIdle(server.topology.nodes[0]?.ports ?? [], IDLE)
    const clients = await connectBusy(server.address)
    const busy = new BusyClients(clients, SHARED_KEY)
    await busy.run(() => busy.roundsMin >= BUSY_ROUNDS_MIN)
    const calmP99Ms = busy.takeP99Ms()

    let isAbused = true
    const running = busy.run(() => !isAbused)
    const seen = await Promise.race([
      abuse(server, client, () => busy.roundsMin >= 2 * BUSY_ROUNDS_MIN),
      running.then(() => expect.unreachable()),
    ])
    isAbused = false
    await running
    expect(await areAllServed(idle)).toBe(true)
    const { stats, rssBytesMax, closings } = await server.report()
    const growthBytes = rssBytesMax - rssBytesBefore
    console.info(
      `busy clients: p99 of a round ${calmP99Ms.toFixed(1)} ms before the abuse, ${busy.takeP99Ms().toFixed(1)} ms in it; ` +
        `the server grew by ${Math.round(growthBytes / MIB)} MiB, at most ${Math.round(GROWTH_BYTES_MAX / MIB)}`,
    )

    expect(growthBytes).toBeLessThan(GROWTH_BYTES_MAX)
    expect(seen.trickled).toBeGreaterThan(0)
    for (const { outcome, resultCount } of seen.replies) {
      expect([outcome, resultCount]).toEqual([OUTCOME_TOO_MANY_OPERATIONS, 0])
    }
    const { repeated, stopped } = seen.large
    expect(repeated).toMatchObject({ outcome: OUTCOME_EXECUTED, resultCount: 8_192 })
    expect(repeated.value(8_191).length).toBe(VALUE_BYTES_MAX)
    expect(repeated.bytes).toBeLessThanOrEqual(REPLY_BYTES_MAX)
    expect(stopped).toMatchObject({ outcome: OUTCOME_STOPPED, resultCount: 1 })
    expect(stopped.bytes).toBeLessThanOrEqual(REPLY_BYTES_MAX)

    expect(closings).toEqual(Array.from({ length: FLOODERS }, () => 'slow-reader'))
    // Not one of the clears was executed.
    const records = 1 + LARGEST_KEYS.length + BUSY + BULK_RECORDS + 1
    expect(stats.reduce((sum, thread) => sum + thread.records, 0)).toBe(records)
    for (const thread of stats) {
      expect(thread).toMatchObject({ waitingForSlabs: 0, waitingForLargeFrames: 0, bytesHeld: 0 })
    }
    await Promise.all([...idle.map((peer) => peer.destroy()), ...clients.map((each) => each.close())])
  })
})

const BENCH = new URL('../../scripts/bench-abuse/main.mjs', import.meta.url).pathname

async function bench(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [BENCH, ...args])).stdout
}

describe('the benchmark of abuse', () => {
  it('measures every kind beside none', { timeout: TEST_MS_MAX }, async () => {
    const output = await bench('--turn-ms', '150', '--rounds', '1', '--busy', '10', '--idle', '100')
    for (const name of ['none', 'idle', 'trickle', 'flood', 'too-many', 'large', 'all of them']) {
      expect(output).toMatch(new RegExp(`^ +${name} +[\\d.]+k? +\\d+\\.\\d\\d .* x \\d+\\.\\d\\d$`, 'm'))
    }
  })

  it('names an option that makes no sense', async () => {
    await expect(bench('--rounds', '0')).rejects.toThrow('--rounds takes a whole number from 1, not 0')
  })
})
