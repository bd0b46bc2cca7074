import { describe, expect, it } from 'vitest'
import { madeUpCluster } from '../../../test/support/made-up-cluster.ts'
import { numbersOf, rowsOf, written } from '../../../test/support/written-report.ts'
import { clusterReport } from './cluster-report.ts'

const GIVEN = { servers: 'h1,h2', clients: 'h3,user@h4', records: 2_000 }

describe('a benchmark over several hosts as a report', () => {
  it('has both figures of merit, and those of any run', async () => {
    const { data, page } = await written(clusterReport(madeUpCluster(GIVEN), 'sluice bench cluster'))
    expect(data.title).toBe('Sluice cluster: 2 servers, 2 client hosts')
    expect(data.highlights.slice(0, 2)).toMatchObject([
      { name: 'sum of server medians', value: '5.20 M ops/s' },
      { name: 'throughput', value: '5.00 M ops/s' },
    ])
    expect(data.sections.map(({ id }) => id)).toEqual(['hosts', 'throughput', 'latency', 'costs', 'nodes'])
    for (const figure of [80, 100.5, 12, 75.5, 1.25, 20.5, 8_000]) expect(numbersOf(data)).toContain(figure)
    expect(page).toContain('5.20 M ops/s')
  })

  it('has a row for each host', async () => {
    const { data } = await written(clusterReport(madeUpCluster(GIVEN), 'x'))
    const host = (id: string, name: string, offset: number, rate: number) => {
      return [id, name, 'Abacus 2000', 8, 16_384, 'v20.20.2', offset, 0.125, rate]
    }
    expect(rowsOf(data, 'hosts', 'hosts').map((row) => row.map(({ value }) => value))).toEqual([
      host('server-1', 'h1', 0, 2_500_000),
      host('server-2', 'h2', 0.25, 2_500_001),
      host('client-1', 'h3', 0.5, 2_500_002),
      host('client-2', 'user@h4', 0.75, 2_500_003),
    ])
  })

  it('draws each host over time', async () => {
    const { data } = await written(clusterReport(madeUpCluster(GIVEN), 'x'))
    const charts = data.sections.find(({ id }) => id === 'nodes')?.charts ?? []
    const all = ['server-1', 'server-2', 'client-1', 'client-2']
    const cores = all.map((id) => `cores-${id}`)
    const over = ['operations', 'cpu', 'memory', 'network-in', 'network-out', 'packets-in', 'packets-out', 'loop-delay']
    expect(charts.map(({ id }) => id)).toEqual([...over, ...cores])
    for (const { id, series } of charts.slice(0, 7)) expect([id, series.map(({ name }) => name)]).toEqual([id, all])
    // Clients do not tell.
    expect(charts[7]?.series.map(({ name }) => name)).toEqual(['server-1', 'server-2'])
    expect(charts[8]?.series).toEqual([
      { name: 'core 0', points: [1.001, 2.002].map((x) => ({ x, y: 0.75 })) },
      { name: 'core 1', points: [1.001, 2.002].map((x) => ({ x, y: 0.5 })) },
    ])
    for (const figure of [1.25, 128, 90, 16, 70_000, 60_000, 11.5]) expect(numbersOf(data)).toContain(figure)
  })

  it('says what went wrong, and what to know', async () => {
    const given = { failure: 'server-1: it ended by SIGKILL', warnings: ['the clocks differ'] }
    const nothing = { serverMediansOpsPerSecond: null, nodes: [], samples: [] }
    const { data } = await written(
      clusterReport(madeUpCluster({ servers: '1', clients: '1' }, { ...given, ...nothing }), 'x'),
    )
    expect(data.sections[0]?.notes).toEqual(['the clocks differ'])
    expect(data.sections[1]?.notes[1]).toContain('server-1: it ended by SIGKILL')
    expect(data.highlights[0]?.name).toBe('throughput')
    expect(rowsOf(data, 'hosts', 'hosts').map((row) => [row[1]?.value, row.at(-1)?.value])).toEqual([
      ['this machine', null],
      ['this machine', null],
    ])
    expect(data.sections.at(-1)).toMatchObject({ id: 'nodes', charts: [] })
  })
})
