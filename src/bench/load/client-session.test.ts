import { afterEach, describe, expect, it } from 'vitest'
import { type Client, connect } from '../../client/index.ts'
import { createLocalServer, type LocalServer } from '../../server/index.ts'
import { systemClock } from '../../util/clock.ts'
import { zipfParameters } from '../workload/zipf.ts'
import { type ClientThreadOptions, PROGRESS_FIELDS } from './client-messages.ts'
import { ClientSession } from './client-session.ts'
import { addReports } from './client-threads.ts'
import type { DrivenBatch, DrivenClient, DrivenResults } from './drive.ts'

const RECORDS = 3_000

const open: { server: LocalServer; client: Client }[] = []
afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    await client.close()
    await server.close()
  }
})

async function connected(threads = 2): Promise<{ server: LocalServer; client: Client }> {
  const server = createLocalServer({ threads })
  const client = await connect(server.address, { transport: server })
  open.push({ server, client })
  return { server, client }
}

function optionsFor(given: Partial<ClientThreadOptions> = {}): ClientThreadOptions {
  return {
    client: 0,
    address: 'local:1',
    zipf: zipfParameters(RECORDS, 0.99),
    valueBytes: 100,
    readShare: 0.5,
    seed: 1,
    batch: 128,
    loadBatch: 128,
    window: 2,
    progress: new Float64Array(2 * PROGRESS_FIELDS),
    ...given,
  }
}

/** A client whose results are changed on their way. */
function changed(client: Client, change: (results: DrivenResults) => DrivenResults): DrivenClient {
  return {
    batch(): DrivenBatch {
      const batch = client.batch()
      return {
        getBytes: (key, start, end) => batch.getBytes(key, start, end),
        setBytes: (...args) => batch.setBytes(...args),
        send: async () => change(await batch.send()),
      }
    },
  }
}

describe('a session', () => {
  it.each([{ batch: 1 }, { batch: 7 }, { batch: 5_000 }, { valueBytes: 0 }, { valueBytes: 1 }, { window: 9 }])(
    'with %j stores every record, runs, and finds every reply right',
    async (given) => {
      const { server, client } = await connected()
      const session = new ClientSession(optionsFor(given), client, systemClock)
      const load = await session.load(0, RECORDS)
      expect(load.tally).toMatchObject({ checked: RECORDS, reads: 0, mismatches: 0 })
      expect(server.stats().reduce((sum, { records }) => sum + records, 0)).toBe(RECORDS)
      expect(await client.get(String(RECORDS - 1))).toHaveLength(given.valueBytes ?? 100)

      const run = await session.run(0.05)
      expect(run.tally.mismatches).toBe(0)
      expect(run.tally.hits).toBe(run.tally.reads)
      expect(run.tally.reads).toBeGreaterThan(0)
      expect(run.tally.checked).toBeGreaterThan(run.tally.reads)
      const executed = server.stats().reduce((sum, { operations }) => sum + operations, 0)
      expect(executed).toBe(RECORDS + run.tally.checked + 1)
      expect(run.latency.count).toBe(run.tally.checked / (given.batch ?? 128))
    },
  )

  it('keeps its progress for the live line, over all phases', async () => {
    const { client } = await connected()
    const options = optionsFor({ client: 1 })
    const session = new ClientSession(options, client, systemClock)
    await session.load(0, 1_000)
    expect([...options.progress]).toEqual([0, 0, 1_000, 0])
    await session.load(1_000, RECORDS)
    expect([...options.progress]).toEqual([0, 0, RECORDS, 0])
  })

  it('stops early when it is told to, after the batches in flight', async () => {
    const { server, client } = await connected()
    const session = new ClientSession(optionsFor(), client, systemClock)
    await session.load(0, RECORDS)
    const run = session.run(60)
    session.stop()
    const { tally } = await run
    expect(tally).toMatchObject({ checked: 256, mismatches: 0 })
    expect(server.stats().reduce((sum, { operations }) => sum + operations, 0)).toBe(RECORDS + 256)
  })

  it('counts a read of a record that is gone', async () => {
    const { client } = await connected()
    const session = new ClientSession(optionsFor({ readShare: 1 }), client, systemClock)
    await session.load(0, RECORDS)
    await client.delete('0')
    const { tally } = await session.run(0.05)
    expect(tally.mismatches).toBeGreaterThan(0)
    expect(tally.hits).toBe(tally.reads - tally.mismatches)
    expect(tally.explanations[0]).toBe('get of key 0: status missing instead of value')
  })

  it('counts replies that were exchanged', async () => {
    const { client } = await connected()
    const exchanged = changed(client, (results) => ({
      status: (index) => results.status(index),
      source: (index) => results.source(index ^ 1),
      valueStart: (index) => results.valueStart(index ^ 1),
      valueBytes: (index) => results.valueBytes(index),
      release: () => results.release(),
    }))
    const options = optionsFor({ readShare: 1, zipf: zipfParameters(RECORDS, 0) })
    const session = new ClientSession(options, exchanged, systemClock)
    await new ClientSession(options, client, systemClock).load(0, RECORDS)
    const { tally } = await session.run(0.05)
    expect(tally.mismatches).toBeGreaterThan(tally.checked * 0.9)
  })

  it('fails with its connection', async () => {
    const { server, client } = await connected()
    const session = new ClientSession(optionsFor(), client, systemClock)
    const run = session.run(60)
    server.destroy()
    await expect(run).rejects.toMatchObject({ code: 'DISCONNECTED' })
  })
})

it('reports of several clients add up', async () => {
  const { client } = await connected()
  const session = new ClientSession(optionsFor(), client, systemClock)
  const reports = [await session.load(0, 1_000), await session.load(1_000, RECORDS)]
  const totals = addReports(reports)
  expect(totals.tally.checked).toBe(RECORDS)
  expect(totals.elapsedMs).toBe(Math.max(...reports.map(({ elapsedMs }) => elapsedMs)))
  expect(totals.cpuNs).toBe(reports.reduce((sum, { cpuNs }) => sum + cpuNs, 0))
  expect(totals.latency.count).toBe(8 + 16)
})
