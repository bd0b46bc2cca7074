import { afterEach, describe, expect, it } from 'vitest'
import { MapDriver } from '../../../test/support/map-driver.ts'
import { type Client, connect } from '../../client/index.ts'
import { createLocalServer, type LocalServer } from '../../server/index.ts'
import { systemClock } from '../../util/clock.ts'
import type { DrivenResults, Driver } from '../drivers/driver.ts'
import { SluiceBatchDriver } from '../drivers/sluice-batch.ts'
import { KIND_DELETE, KIND_END, KIND_READ } from '../workload/kinds.ts'
import { resolveWorkload } from '../workload/resolve-workload.ts'
import { ValueTable } from '../workload/values.ts'
import { ClientCounters, counterMemory } from './client-counters.ts'
import type { ClientThreadOptions } from './client-messages.ts'
import { ClientSession } from './client-session.ts'
import { addReports } from './client-threads.ts'

const RECORDS = 3_000

interface Connected {
  readonly server: LocalServer
  /** Of the test, beside the driver. */
  readonly client: Client
  readonly driver: Driver
}

const connections: Connected[] = []
afterEach(async () => {
  for (const { server, client, driver } of connections.splice(0)) {
    await Promise.all([client.close(), driver.close()])
    await server.close()
  }
})

async function connected(values: ValueTable): Promise<Connected> {
  const server = createLocalServer({ threads: 2 })
  const client = await connect(server.address, { transport: server })
  const driver = await SluiceBatchDriver.open([server.address], values, { transport: server })
  const connection = { server, client, driver }
  connections.push(connection)
  return connection
}

interface Rig extends Connected {
  readonly counters: ClientCounters
  readonly session: ClientSession
}

interface Changes extends Partial<ClientThreadOptions> {
  readonly valueBytes?: string
  readonly change?: (driver: Driver) => Driver
}

const VALUE_BYTES = '100'

function optionsFor(changes: Changes = {}): ClientThreadOptions {
  const { valueBytes = VALUE_BYTES, change: _, ...options } = changes
  return {
    client: 0,
    clientCount: 1,
    driver: { kind: 'sluice-batch', addresses: [] },
    workload: resolveWorkload({ workload: 'a', records: RECORDS, valueBytes }),
    seed: 1,
    batch: 128,
    loadBatch: 128,
    window: 2,
    opsPerSecond: 0,
    counters: counterMemory(),
    ...options,
  }
}

async function open(changes: Changes = {}): Promise<Rig> {
  const options = optionsFor(changes)
  const values = new ValueTable(options.workload.valueSizes)
  const connection = await connected(values)
  const driver = changes.change?.(connection.driver) ?? connection.driver
  const session = new ClientSession(options, driver, values, systemClock)
  return { ...connection, counters: new ClientCounters(options.counters), session }
}

function readsOnly(): ClientThreadOptions['workload'] {
  return resolveWorkload({ workload: 'c', records: RECORDS, valueBytes: VALUE_BYTES })
}

/** A driver whose results are changed on their way. */
function changed(driver: Driver, change: (results: DrivenResults) => DrivenResults): Driver {
  return {
    bytesSent: 0,
    bytesReceived: 0,
    execute: async (block) => change(await driver.execute(block)),
    close: () => driver.close(),
  }
}

const sum = (server: LocalServer, name: 'records' | 'operations'): number =>
  server.stats().reduce((total, stats) => total + stats[name], 0)

describe('a session', () => {
  it.each([{ batch: 1 }, { batch: 7 }, { batch: 5_000 }, { valueBytes: '0' }, { valueBytes: '1' }, { window: 9 }])(
    'with %j stores every record, runs, verifies, and finds every reply right',
    async (changes) => {
      const { server, client, session, counters } = await open(changes)
      const load = await session.load(0, RECORDS)
      expect(load.tally).toMatchObject({ checked: RECORDS, reads: 0, mismatches: 0 })
      expect(sum(server, 'records')).toBe(RECORDS)
      expect(await client.get(String(RECORDS - 1))).toHaveLength(Number(changes.valueBytes ?? VALUE_BYTES))

      const { tally, failure } = await session.run(0.05)
      expect([tally.mismatches, failure]).toEqual([0, undefined])
      expect(tally.hits).toBe(tally.reads)
      expect(tally.reads).toBeGreaterThan(0)
      expect(tally.checked).toBeGreaterThan(tally.reads)
      expect(sum(server, 'operations')).toBe(RECORDS + tally.checked + 1)

      const verify = await session.verify(0, RECORDS)
      expect(verify.tally).toMatchObject({ checked: RECORDS, reads: RECORDS, hits: RECORDS, mismatches: 0 })
      expect(counters.latencies.count()).toBe(2 * RECORDS + tally.checked)
      expect(counters.latencies.count(KIND_READ)).toBe(RECORDS + tally.reads)
    },
  )

  it('counts what it does while it does it, over all phases', async () => {
    const { session, driver, counters } = await open({ client: 0 })
    await session.load(0, 1_000)
    expect(counters).toMatchObject({ checked: 1_000, mismatches: 0 })
    await session.load(1_000, RECORDS)
    expect(counters).toMatchObject({ checked: RECORDS, mismatches: 0 })
    expect(counters.bytesSent).toBe(driver.bytesSent)
    expect(counters.bytesSent).toBeGreaterThan(RECORDS * Number(VALUE_BYTES))
    expect(counters.bytesReceived).toBeGreaterThan(0)
  })

  it('stops early when it is told to, after the batches in flight', async () => {
    const { server, session } = await open()
    await session.load(0, RECORDS)
    const run = session.run(60)
    session.stop()
    const { tally } = await run
    expect(tally).toMatchObject({ checked: 256, mismatches: 0 })
    expect(sum(server, 'operations')).toBe(RECORDS + 256)
    expect((await session.verify(0, RECORDS)).tally.checked).toBe(RECORDS)
  })

  it('at a rate starts as many operations as it is told, and no more after its time', async () => {
    const { session } = await open({ opsPerSecond: 2_000, batch: 10 })
    await session.load(0, RECORDS)
    const { tally, failure } = await session.run(0.1)
    expect(failure).toBeUndefined()
    expect(tally.checked).toBeGreaterThan(0)
    expect(tally.checked).toBeLessThanOrEqual(200)
  })

  it('at a rate so low that the next start lies behind its time ends in time all the same', async () => {
    const { session } = await open({ opsPerSecond: 0.001, batch: 1 })
    await session.load(0, RECORDS)
    expect((await session.run(0.05)).tally.checked).toBe(1)
    const run = session.run(86_400)
    session.stop()
    expect((await run).tally.checked).toBeLessThanOrEqual(1)
  })

  it('counts a read of a record that is gone', async () => {
    const { client, session } = await open({ workload: readsOnly() })
    await session.load(0, RECORDS)
    await client.delete('0')
    const { tally } = await session.run(0.05)
    expect(tally.mismatches).toBeGreaterThan(0)
    expect(tally.hits).toBe(tally.reads - tally.mismatches)
    expect(tally.explanations[0]).toBe('read of key 0: status missing instead of value')
    expect((await session.verify(0, RECORDS)).tally).toMatchObject({ checked: RECORDS, mismatches: 1 })
  })

  it('counts replies that were exchanged', async () => {
    const exchanged = (results: DrivenResults): DrivenResults => ({
      status: (index) => results.status(index),
      source: (index) => results.source(index ^ 1),
      valueStart: (index) => results.valueStart(index ^ 1),
      valueBytes: (index) => results.valueBytes(index),
      number: (index) => results.number(index),
      release: () => results.release(),
    })
    const { session, counters } = await open({ change: (driver) => changed(driver, exchanged) })
    await session.load(0, RECORDS)
    const { tally } = await session.verify(0, RECORDS)
    expect(tally.mismatches).toBeGreaterThan(RECORDS * 0.9)
    expect(counters.mismatches).toBe(tally.mismatches)
  })

  it('takes nothing amiss where its workload removes records', async () => {
    const mix = Array<number>(KIND_END).fill(0).with(KIND_READ, 0.9).with(KIND_DELETE, 0.1)
    const { session } = await open({ workload: { ...readsOnly(), mix } })
    expect((await session.verify(0, RECORDS)).tally).toMatchObject({ checked: RECORDS, hits: 0, mismatches: 0 })
  })
})

describe('a session that fails', () => {
  const options = optionsFor()
  const values = new ValueTable(options.workload.valueSizes)

  it('keeps what was checked before, and says why', async () => {
    const driver = new MapDriver(values)
    let answers = 0
    driver.answering = async () => {
      if (++answers > 4) throw new Error('the server is gone')
    }
    const session = new ClientSession(optionsFor(), driver, values, systemClock)
    const load = await session.load(0, RECORDS)
    expect(load.failure).toBe('the server is gone')
    expect(load.tally).toMatchObject({ checked: 4 * 128, mismatches: 0 })
    expect(load.elapsedMs).toBeGreaterThan(0)
  })

  it('has ended: nothing of it goes on in the next phase', async () => {
    const driver = new MapDriver(values)
    const session = new ClientSession(optionsFor(), driver, values, systemClock)
    let executing = 0
    driver.answering = async () => {
      if (++executing === 1) throw new Error('once')
    }
    await session.load(0, RECORDS)
    const before = driver.executed.length
    expect(before).toBeLessThan(RECORDS / 128)
    const { tally, failure } = await session.load(0, 256)
    expect([tally.checked, failure]).toEqual([256, undefined])
    expect(driver.executed.length).toBe(before + 2)
  })

  it('fails with its server', async () => {
    const { server, session } = await open()
    await session.load(0, RECORDS)
    const run = session.run(60)
    server.destroy()
    const { tally, failure } = await run
    expect(failure).toMatch(/the connection to local:\d was lost/)
    expect(tally.mismatches).toBe(0)
  })
})

it('reports of several clients add up', async () => {
  const { session } = await open()
  const reports = [await session.load(0, 1_000), await session.load(1_000, RECORDS)]
  const totals = addReports([...reports, ...reports.map((report) => ({ ...report, failure: 'gone' }))])
  expect(totals.tally.checked).toBe(2 * RECORDS)
  expect(totals.elapsedMs).toBe(Math.max(...reports.map(({ elapsedMs }) => elapsedMs)))
  expect(totals.cpuNs).toBe(2 * reports.reduce((total, { cpuNs }) => total + cpuNs, 0))
  expect(totals.failures).toEqual(['gone'])
})
