// One suite for every driver: whoever answers, the checks are given the same. Needs `npm run build` for the server's
// threads.

import { afterEach, describe, expect, it } from 'vitest'
import { MapDriver } from '../../../test/support/map-driver.ts'
import { type BlockEntry, blockOf, entriesOf } from '../../../test/support/operation-blocks.ts'
import { seedOf } from '../../../test/support/seed.ts'
import {
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_UNMET,
  STATUS_VALUE,
} from '../../protocol/codes.ts'
import type { Server } from '../../server/index.ts'
import { seededRandom } from '../../util/random.ts'
import {
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
} from '../workload/kinds.ts'
import { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'
import type { DrivenResults, Driver, DriverSpec } from './driver.ts'
import { openDriver } from './open-driver.ts'

// The types are those of the source; the code is what users run.
const { startServer }: typeof import('../../server/index.ts') = await import(
  new URL('../../../dist/server/index.js', import.meta.url).href
)

/** Of other systems there is a suite with real servers, in test/e2e. */
const SLUICE_KINDS = ['sluice-batch', 'sluice-promises', 'sluice-embedded'] as const
type SluiceKind = (typeof SLUICE_KINDS)[number]

const MEMORY_BYTES = 64 * 1024 * 1024
/** What a store takes that holds nothing, and a little more. */
const LITTLE_MEMORY_BYTES = 2 * 1024 * 1024
const VALUE_BYTES = 100

interface Opened {
  readonly driver: Driver
  readonly values: ValueTable
  readonly server: Server | undefined
}

const opened: Opened[] = []
afterEach(async () => {
  for (const { driver, server } of opened.splice(0)) {
    await driver.close()
    await server?.destroy()
  }
})

async function open(kind: SluiceKind, valueBytes = VALUE_BYTES, memory = MEMORY_BYTES) {
  const values = new ValueTable({ kind: 'fixed', bytes: valueBytes })
  const isEmbedded = kind === 'sluice-embedded'
  const server = isEmbedded ? undefined : await startServer({ threads: 2, memoryBytesMax: 2 * memory })
  const spec: DriverSpec =
    kind === 'sluice-embedded' ? { kind, memoryBytesMax: memory } : { kind, addresses: [server?.address ?? ''] }
  const driver = await openDriver(spec, values)
  const all: Opened = { driver, values, server }
  opened.push(all)
  return all
}

const entry = (kind: number, rank: number): BlockEntry => ({ kind, rank })
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const insertsOf = (ranks: readonly number[]): OperationBlock => blockOf(ranks.map((rank) => entry(KIND_INSERT, rank)))
const readsOf = (ranks: readonly number[]): OperationBlock => blockOf(ranks.map((rank) => entry(KIND_READ, rank)))

function statusesOf(results: DrivenResults, count: number): number[] {
  return range(count).map((index) => results.status(index))
}

async function executed(driver: Driver, entries: readonly BlockEntry[]): Promise<number[]> {
  const results = await driver.execute(blockOf(entries))
  const statuses = statusesOf(results, entries.length)
  results.release()
  return statuses
}

function valueAt(results: DrivenResults, index: number): Uint8Array {
  const start = results.valueStart(index)
  return results.source(index).slice(start, start + results.valueBytes(index))
}

describe.each(SLUICE_KINDS)('%s', (kind) => {
  it('gives every kind of operation its status, in the order of its record', async () => {
    const { driver, values } = await open(kind)
    const script: readonly (readonly [operation: number, rank: number, status: number])[] = [
      [KIND_READ, 1, STATUS_MISSING],
      [KIND_READ_MODIFY_WRITE, 1, STATUS_MISSING],
      [KIND_INSERT, 1, STATUS_OK],
      [KIND_READ, 1, STATUS_VALUE],
      [KIND_READ_MODIFY_WRITE, 1, STATUS_VALUE],
      [KIND_UPDATE, 1, STATUS_OK],
      [KIND_ADD, 1, STATUS_UNMET],
      [KIND_ADD, 2, STATUS_OK],
      [KIND_READ, 2, STATUS_VALUE],
      [KIND_DELETE, 2, STATUS_OK],
      [KIND_DELETE, 2, STATUS_MISSING],
      [KIND_READ, 2, STATUS_MISSING],
      [KIND_EXPIRE, 3, STATUS_OK],
      [KIND_READ, 3, STATUS_VALUE],
      [KIND_INCREMENT, 4, STATUS_NUMBER],
      [KIND_INCREMENT, 4, STATUS_NUMBER],
    ]
    const results = await driver.execute(blockOf(script.map(([operation, rank]) => entry(operation, rank))))
    expect(statusesOf(results, script.length)).toEqual(script.map(([, , status]) => status))
    for (const [index, [, rank, status]] of script.entries()) {
      if (status === STATUS_VALUE) expect(valueAt(results, index)).toEqual(values.value(rank))
    }
    expect([results.number(14), results.number(15)]).toEqual([1n, 2n])
    results.release()
    // One at a time as well.
    for (const [operation, rank, status] of script) {
      if (rank === 2) expect(await executed(driver, [entry(operation, rank)])).toEqual([status])
    }
  })

  it.each([0, 1, 128, 50_000])(
    'reads values of %d bytes, in whatever order the results are asked for',
    async (size) => {
      const { driver, values } = await open(kind, size)
      const ranks = range(40)
      await executed(
        driver,
        ranks.map((rank) => entry(KIND_INSERT, rank)),
      )
      const results = await driver.execute(readsOf(ranks))
      for (const rank of ranks.toReversed()) {
        for (let time = 0; time < 2; time++) {
          expect(results.status(rank)).toBe(STATUS_VALUE)
          expect(results.valueBytes(rank)).toBe(size)
          expect(values.firstDifference(results.source(rank), results.valueStart(rank), rank)).toBe(-1)
        }
      }
      results.release()
    },
  )

  it('has several blocks under way', async () => {
    const { driver, values } = await open(kind)
    const parts = range(8).map((part) => range(200).map((index) => part * 200 + index))
    const stored = await Promise.all(parts.map((ranks) => driver.execute(insertsOf(ranks))))
    for (const results of stored) {
      expect(new Set(statusesOf(results, 200))).toEqual(new Set([STATUS_OK]))
      results.release()
    }
    const read = await Promise.all(parts.map((ranks) => driver.execute(readsOf(ranks))))
    for (const [part, results] of read.entries()) {
      expect(new Set(statusesOf(results, 200))).toEqual(new Set([STATUS_VALUE]))
      for (const [index, rank] of (parts[part] ?? []).entries()) {
        expect(values.firstDifference(results.source(index), results.valueStart(index), rank)).toBe(-1)
      }
    }
    for (const results of read) results.release()
  })

  it('agrees with a Map', async () => {
    const random = seededRandom(seedOf())
    const { driver, values } = await open(kind)
    const model = new MapDriver(values)
    const kinds = [KIND_READ, KIND_UPDATE, KIND_INSERT, KIND_READ_MODIFY_WRITE, KIND_DELETE, KIND_ADD]
    for (let block = 0; block < 60; block++) {
      const entries = range(1 + random.nextBelow(80)).map(() => {
        const operation = kinds[random.nextBelow(kinds.length + 1)]
        // Counters are records of their own.
        return operation === undefined
          ? entry(KIND_INCREMENT, 1_000 + random.nextBelow(5))
          : entry(operation, random.nextBelow(30))
      })
      const [real, expected] = await Promise.all([driver.execute(blockOf(entries)), model.execute(blockOf(entries))])
      expect(statusesOf(real, entries.length)).toEqual(statusesOf(expected, entries.length))
      for (const [index, { kind: operation }] of entries.entries()) {
        if (operation === KIND_INCREMENT) expect(real.number(index)).toBe(expected.number(index))
        if (real.status(index) === STATUS_VALUE) expect(valueAt(real, index)).toEqual(valueAt(expected, index))
      }
      real.release()
    }
  })

  it('forgets a record that was written with an expiry', async () => {
    const { driver } = await open(kind)
    await executed(driver, [entry(KIND_EXPIRE, 1), entry(KIND_UPDATE, 2)])
    let status = STATUS_VALUE
    while (status === STATUS_VALUE) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      ;[status = -1] = await executed(driver, [entry(KIND_READ, 1)])
    }
    expect(status).toBe(STATUS_MISSING)
    expect(await executed(driver, [entry(KIND_READ, 2)])).toEqual([STATUS_VALUE])
  })

  it('says of a write for which there is no memory that it was not done, and of the others what became of them', async () => {
    const { driver, values } = await open(kind, 100_000, LITTLE_MEMORY_BYTES)
    const entries = range(100).map((rank) => entry(KIND_INSERT, rank))
    const statuses = await executed(driver, entries)
    expect(new Set(statuses)).toEqual(new Set([STATUS_OK, STATUS_NO_MEMORY]))
    const results = await driver.execute(readsOf(range(100)))
    const expected = statuses.map((status) => (status === STATUS_OK ? STATUS_VALUE : STATUS_MISSING))
    expect(statusesOf(results, 100)).toEqual(expected)
    const rank = statuses.indexOf(STATUS_OK)
    expect(values.firstDifference(results.source(rank), results.valueStart(rank), rank)).toBe(-1)
    results.release()
  })

  it('leaves a block as it is', async () => {
    const { driver } = await open(kind)
    const block = blockOf([entry(KIND_UPDATE, 1), entry(KIND_READ_MODIFY_WRITE, 1), entry(KIND_READ, 22_222)])
    const [before, keys] = [entriesOf(block), block.keys.slice()]
    ;(await driver.execute(block)).release()
    expect([entriesOf(block), block.keys]).toEqual([before, keys])
  })
})

describe.each(SLUICE_KINDS.filter((kind) => kind !== 'sluice-embedded'))('%s, which has a server,', (kind) => {
  it('counts its bytes', async () => {
    const { driver } = await open(kind)
    const before = [driver.bytesSent, driver.bytesReceived] as const
    const ranks = range(1_000)
    await executed(
      driver,
      ranks.map((rank) => entry(KIND_INSERT, rank)),
    )
    const valueBytes = ranks.length * VALUE_BYTES
    const sent = driver.bytesSent - before[0]
    expect(sent).toBeGreaterThan(valueBytes)
    expect(sent).toBeLessThan(2 * valueBytes)
    expect(driver.bytesReceived - before[1]).toBeLessThan(valueBytes)
    await executed(
      driver,
      ranks.map((rank) => entry(KIND_READ, rank)),
    )
    expect(driver.bytesReceived - before[1]).toBeGreaterThan(valueBytes)
    expect(driver.bytesReceived - before[1]).toBeLessThan(2 * valueBytes)
    expect(driver.bytesSent - before[0] - sent).toBeLessThan(valueBytes)
  })

  it('rejects what is under way when its server is lost, and all that follows', async () => {
    const { driver, server } = await open(kind)
    const block = insertsOf(range(2_000))
    await executed(driver, [entry(KIND_INSERT, 1)])
    const driven = (async () => {
      for (;;) (await driver.execute(block)).release()
    })()
    driven.catch(() => {})
    await server?.destroy()
    await expect(driven).rejects.toMatchObject({ name: 'SluiceError', code: 'DISCONNECTED' })
    await expect(driver.execute(readsOf([1]))).rejects.toMatchObject({ name: 'SluiceError' })
  })

  it('cannot be opened where there is no server', async () => {
    const values = new ValueTable({ kind: 'fixed', bytes: VALUE_BYTES })
    const opening = openDriver({ kind, addresses: ['127.0.0.1:1'] }, values)
    await expect(opening).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  })
})

it('the embedded store has no bytes to count', async () => {
  const { driver } = await open('sluice-embedded')
  await executed(driver, [entry(KIND_INSERT, 1)])
  expect([driver.bytesSent, driver.bytesReceived]).toEqual([0, 0])
})
