// Every driver of the benchmark against the real server that it is for, started as the benchmark starts it: the same
// operations must give the same statuses and values everywhere. Needs `npm run build`.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DrivenResults, Driver } from '../../src/bench/drivers/driver.ts'
import { MemcachedDriver } from '../../src/bench/drivers/memcached.ts'
import { RespDriver } from '../../src/bench/drivers/resp.ts'
import { startMemcached } from '../../src/bench/systems/memcached.ts'
import { startRedis } from '../../src/bench/systems/redis.ts'
import { startSluice } from '../../src/bench/systems/sluice.ts'
import type { System, SystemOptions } from '../../src/bench/systems/system.ts'
import {
  EXPIRY_MS,
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
} from '../../src/bench/workload/kinds.ts'
import { ValueTable } from '../../src/bench/workload/values.ts'
import type { OperationBlock } from '../../src/bench/workload/workload.ts'
import { type Client, connect } from '../../src/client/index.ts'
import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../src/protocol/codes.ts'
import { seededRandom } from '../../src/util/random.ts'
import { INSTALL_MS_MAX, requireDebianPackage } from '../support/debian-package.ts'
import { type BlockEntry, blockOf } from '../support/operation-blocks.ts'
import { seedOf } from '../support/seed.ts'

/** A driver and the system that it drives. */
interface Target {
  readonly name: string
  start(options?: SystemOptions): Promise<System>
  open(address: string, values: ValueTable): Promise<Driver>
  /** Why it cannot be tested here; undefined when it can. */
  readonly skipReason?: string | undefined
}

const valkeyMissing =
  spawnSync('valkey-server', ['--version']).status === 0 ? undefined : 'Debian 12 has no valkey-server'

const TARGETS: readonly Target[] = [
  { name: 'redis-server', start: startRedis, open: RespDriver.open },
  {
    name: 'valkey-server',
    start: (options) => startRedis(options, 'valkey-server'),
    open: RespDriver.open,
    skipReason: valkeyMissing,
  },
  { name: 'memcached-text', start: startMemcached, open: (address, values) => MemcachedDriver.open(address, values) },
  {
    name: 'memcached-meta',
    start: startMemcached,
    open: (address, values) => MemcachedDriver.open(address, values, 'meta'),
  },
  { name: 'sluice', start: startSluice, open: openClient },
]

const VALUE_BYTES = 100
const values = new ValueTable({ kind: 'fixed', bytes: VALUE_BYTES })

/** Sluice's public client as a driver, the plain way. */
async function openClient(address: string, table: ValueTable): Promise<Driver> {
  const client = await connect(address)
  return { bytesSent: 0, bytesReceived: 0, execute: (block) => send(client, block, table), close: () => client.close() }
}

async function send(client: Client, block: OperationBlock, table: ValueTable): Promise<DrivenResults> {
  const batch = client.batch()
  for (let index = 0; index < block.count; index++) {
    const keyEnd = (index + 1) * block.keyStrideBytes
    const key = block.keys.slice(keyEnd - (block.keyLengths[index] as number), keyEnd)
    const kind = block.kinds[index]
    const value = table.value(block.ranks[index] as number)
    if (kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE) batch.get(key)
    else if (kind === KIND_DELETE) batch.delete(key)
    else if (kind === KIND_INCREMENT) batch.add(key)
    else if (kind === KIND_ADD) batch.set(key, value, { if: 'absent' })
    else if (kind === KIND_EXPIRE) batch.set(key, value, { ttlMs: EXPIRY_MS })
    else batch.set(key, value)
  }
  return batch.send()
}

/** The statuses, after every value is compared with that of its record; the results are released. */
function check(operations: readonly BlockEntry[], results: DrivenResults, table = values): number[] {
  const statuses = operations.map(({ rank }, index) => {
    const status = results.status(index)
    if (status === STATUS_VALUE) {
      expect(results.valueBytes(index)).toBe(table.valueBytesOf(rank))
      expect(table.firstDifference(results.source(index), results.valueStart(index), rank)).toBe(-1)
    }
    return status
  })
  results.release()
  return statuses
}

async function run(driver: Driver, operations: readonly BlockEntry[], table = values): Promise<number[]> {
  return check(operations, await driver.execute(blockOf(operations)), table)
}

beforeAll(() => {
  requireDebianPackage('redis-server')
  requireDebianPackage('memcached', '-V')
}, INSTALL_MS_MAX)

it.skip.for(TARGETS.filter(({ skipReason }) => skipReason !== undefined))('the driver for $name: $skipReason', () => {})

describe.for(TARGETS.filter(({ skipReason }) => skipReason === undefined))('the driver for $name', (target) => {
  let system: System
  let driver: Driver
  let nextRank = 0

  beforeAll(async () => {
    system = await target.start({ valueBytesMax: 512 * 1_024 })
    driver = await target.open(system.address, values)
  })

  afterAll(async () => {
    await driver?.close()
    await system?.stop()
  })

  it('gives the statuses and values of every kind of operation', async () => {
    const rank = nextRank++
    const other = nextRank++
    const counter = { kind: KIND_INCREMENT, rank, key: `c:${rank}` }
    const operations = [
      { kind: KIND_READ, rank, status: STATUS_MISSING },
      { kind: KIND_DELETE, rank, status: STATUS_MISSING },
      { kind: KIND_INSERT, rank, status: STATUS_OK },
      { kind: KIND_READ, rank, status: STATUS_VALUE },
      { kind: KIND_ADD, rank, status: STATUS_UNMET },
      { kind: KIND_ADD, rank: other, status: STATUS_OK },
      { kind: KIND_READ_MODIFY_WRITE, rank: other, status: STATUS_VALUE },
      { kind: KIND_UPDATE, rank, status: STATUS_OK },
      { ...counter, status: STATUS_NUMBER },
      { ...counter, status: STATUS_NUMBER },
      { kind: KIND_DELETE, rank, status: STATUS_OK },
      { kind: KIND_READ_MODIFY_WRITE, rank, status: STATUS_MISSING },
      { kind: KIND_EXPIRE, rank: other, status: STATUS_OK },
      { kind: KIND_READ, rank: other, status: STATUS_VALUE },
    ]
    const results = await driver.execute(blockOf(operations))
    expect([results.number(8), results.number(9)]).toEqual([1n, 2n])
    expect(check(operations, results)).toEqual(operations.map(({ status }) => status))
  })

  it('lets a record expire that was written with an expiry', async () => {
    const rank = nextRank++
    const read = [{ kind: KIND_READ, rank }]
    expect(await run(driver, [{ kind: KIND_EXPIRE, rank }, ...read])).toEqual([STATUS_OK, STATUS_VALUE])
    await expect.poll(() => run(driver, read), { timeout: 3 * EXPIRY_MS, interval: 100 }).toEqual([STATUS_MISSING])
  })

  it('keeps many blocks apart that are under way at once', async () => {
    const random = seededRandom(seedOf())
    const first = nextRank
    nextRank += 500
    const inserts = Array.from({ length: 500 }, (_, index) => ({ kind: KIND_INSERT, rank: first + index }))
    await run(driver, inserts)
    for (let round = 0; round < 5; round++) {
      const blocks = Array.from({ length: 8 }, () =>
        Array.from({ length: random.nextBelow(3_000) }, () => {
          const kind = random.nextBelow(10) === 0 ? KIND_UPDATE : KIND_READ
          return { kind, rank: first + random.nextBelow(500) }
        }),
      )
      const all = await Promise.all(blocks.map((operations) => driver.execute(blockOf(operations))))
      for (const [index, results] of all.entries()) {
        const operations = blocks[index] ?? []
        const expected = operations.map(({ kind }) => (kind === KIND_READ ? STATUS_VALUE : STATUS_OK))
        expect(check(operations, results)).toEqual(expected)
      }
    }
  })

  it('carries blocks that are larger than all buffers on the way, both ways at once', async () => {
    const table = new ValueTable({ kind: 'fixed', bytes: 300_000 })
    const large = await target.open(system.address, table)
    const first = nextRank
    nextRank += 100
    const ranks = Array.from({ length: 100 }, (_, index) => first + index)
    const inserts = ranks.map((rank) => ({ kind: KIND_INSERT, rank }))
    const mixed = ranks.flatMap((rank) => [
      { kind: KIND_READ, rank },
      { kind: KIND_UPDATE, rank },
    ])
    const [stored, ...answered] = await Promise.all([
      run(large, inserts, table),
      run(large, mixed, table),
      run(large, mixed, table),
    ])
    expect(new Set(stored)).toEqual(new Set([STATUS_OK]))
    for (const statuses of answered) expect(statuses).toEqual(ranks.flatMap(() => [STATUS_VALUE, STATUS_OK]))
    await large.close()
  })

  it('is measured by the accounts of the kernel, and says what runs', async () => {
    const before = system.usage()
    await run(
      driver,
      Array.from({ length: 20_000 }, (_, index) => ({ kind: KIND_READ, rank: 1_000_000 + index })),
    )
    const after = system.usage()
    expect(after.cpuNs).toBeGreaterThan(before.cpuNs)
    expect(after.rssBytes).toBeGreaterThan(1_000_000)
    expect(system.version).toMatch(/^\d+\.\d+/)
    expect(system.processIds).toHaveLength(1)
    expect(system.serverThreads).toBe(1)
    expect(system.address).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('rejects what is under way when the server is killed', async () => {
    const doomed = await target.start()
    const own = await target.open(doomed.address, values)
    const [processId = 0] = doomed.processIds
    const reads = Array.from({ length: 1_000 }, (_, rank) => ({ kind: KIND_READ, rank }))
    await run(own, reads)
    process.kill(processId, 'SIGSTOP')
    await expect.poll(() => readFileSync(`/proc/${processId}/status`, 'latin1')).toMatch(/^State:\s+T/m)
    const answer = own.execute(blockOf(reads))
    process.kill(processId, 'SIGKILL')
    await expect(answer).rejects.toThrow()
    expect(await doomed.ended).toBe(`${doomed.name} was ended by SIGKILL`)
    await doomed.stop()
    expect(existsSync(`/proc/${processId}`)).toBe(false)
    await own.close()
  })
})

describe('errors of real servers', () => {
  /** Sends bytes on a connection of their own, and waits for an answer. */
  function sendBytes(address: string, text: string): Promise<string> {
    const [host, port] = address.split(':')
    return new Promise((resolve, reject) => {
      const socket = connectSocket(Number(port), host, () => socket.write(text)).once('error', reject)
      socket.once('data', (chunk) => {
        socket.destroy()
        resolve(chunk.toString())
      })
    })
  }

  it('rejects blocks with what Redis says, and can go on', async () => {
    const system = await startRedis()
    const driver = await RespDriver.open(system.address, values)
    const read = [{ kind: KIND_READ, rank: 1 }]
    const write = [{ kind: KIND_UPDATE, rank: 2 }]
    await sendBytes(system.address, 'LPUSH 1 x\r\n')
    await expect(run(driver, read)).rejects.toThrow('answered: WRONGTYPE Operation against a key')
    await sendBytes(system.address, 'CONFIG SET maxmemory 1\r\n')
    await expect(run(driver, write)).rejects.toThrow('answered: OOM command not allowed')
    await sendBytes(system.address, 'CONFIG SET maxmemory 0\r\n')
    expect(await run(driver, write)).toEqual([STATUS_OK])
    await sendBytes(system.address, 'CONFIG SET requirepass secret\r\n')
    const stranger = await RespDriver.open(system.address, values)
    await expect(run(stranger, read)).rejects.toThrow('answered: NOAUTH Authentication required')
    await Promise.all([driver.close(), stranger.close()])
    await system.stop()
  })

  it.each(['text', 'meta'] as const)(
    'rejects a block with what memcached says of a large value (%s)',
    async (dialect) => {
      const system = await startMemcached()
      const driver = await MemcachedDriver.open(
        system.address,
        new ValueTable({ kind: 'fixed', bytes: 2_000_000 }),
        dialect,
      )
      const operations = [
        { kind: KIND_READ, rank: 1 },
        { kind: KIND_UPDATE, rank: 1 },
        { kind: KIND_READ, rank: 1 },
      ]
      await expect(run(driver, operations)).rejects.toThrow('answered: SERVER_ERROR object too large for cache')
      expect(await run(driver, operations.slice(0, 1))).toEqual([STATUS_MISSING])
      await driver.close()
      await system.stop()
      const roomy = await startMemcached({ valueBytesMax: 2_000_000, threads: 2 })
      const second = await MemcachedDriver.open(
        roomy.address,
        new ValueTable({ kind: 'fixed', bytes: 2_000_000 }),
        dialect,
      )
      expect(await run(second, operations, new ValueTable({ kind: 'fixed', bytes: 2_000_000 }))).toEqual([
        STATUS_MISSING,
        STATUS_OK,
        STATUS_VALUE,
      ])
      await second.close()
      await roomy.stop()
    },
  )
})
