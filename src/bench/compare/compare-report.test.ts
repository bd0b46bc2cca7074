import { describe, expect, it } from 'vitest'
import { caseOf, comparisonOf, contenderOf, richComparison } from '../../../test/support/made-up-comparison.ts'
import { madeUpRun } from '../../../test/support/made-up-runs.ts'
import { rowsOf, written } from '../../../test/support/written-report.ts'
import { compareReport } from './compare-report.ts'
import { METRICS, spreadIn } from './compare-result.ts'

const COMMAND = 'sluice bench compare'

describe('a comparison as a report', () => {
  it('has every figure of every system, and its spread', async () => {
    const result = richComparison()
    const { data, page } = await written(compareReport(result, COMMAND))
    const rows = rowsOf(data, 'batched', 'figures')
    const [compared] = result.cases
    expect(rows.map(([name]) => name?.value)).toEqual([...METRICS.map(({ name }) => name), 'threads that served'])
    for (const [place, metric] of METRICS.entries()) {
      for (const [column, contender] of (compared?.contenders ?? []).entries()) {
        const cell = rows[place]?.[2 + 2 * column]
        expect(cell?.value, `${metric.name} of ${contender.name}`).toBe(spreadIn(contender, metric)?.median ?? null)
        expect(page).toContain(cell?.text)
      }
    }
    expect(rows[0]?.map(({ text }) => text)).toEqual([
      'operations',
      'ops/s',
      '5,500,000',
      '5000000 to 6000000',
      '550,000',
      '500000 to 600000',
      '8,000,000',
      '',
    ])
    expect(rows.at(-1)?.map(({ value }) => value)).toEqual(['threads that served', '', 1, '', 1, '', 0, ''])
  })

  it('draws what matters most, with whiskers, and no chart of nothing', async () => {
    const { data } = await written(compareReport(richComparison(), COMMAND))
    const [operations, serverCpu, ...others] = data.sections[0]?.charts ?? []
    expect(operations?.series[0]?.points).toEqual([
      { x: 'sluice', y: 5_500_000, least: 5_000_000, most: 6_000_000 },
      { x: 'redis', y: 550_000, least: 500_000, most: 600_000 },
      { x: 'sluice-embedded', y: 8_000_000, least: 8_000_000, most: 8_000_000 },
    ])
    expect(serverCpu?.series[0]?.points[2]).toEqual({ x: 'sluice-embedded', y: null })
    expect(others.map(({ id }) => id)).toEqual(['client-cpu', 'p99'])
    const embedded = contenderOf('sluice-embedded', { rounds: [madeUpRun({ serverCpuNsPerOp: null })] })
    const alone = await written(compareReport(comparisonOf([caseOf([embedded])]), COMMAND))
    expect(alone.data.sections[0]?.charts.map(({ id }) => id)).toEqual(['operations', 'client-cpu', 'p99'])
  })

  it('judges each ratio, and leaves open what cannot be told', async () => {
    const { data } = await written(compareReport(richComparison(), COMMAND))
    const rows = rowsOf(data, 'batched', 'ratios')
    const ratios = Object.fromEntries(rows.map(([name, ...cells]) => [name?.value, cells]))
    expect(ratios.operations).toEqual([
      { value: 10, text: '10.00', tone: 'good' },
      { value: 0.6875, text: '0.69', tone: 'bad' },
    ])
    expect(ratios['server CPU']).toEqual([
      { value: 20.63, text: '20.63', tone: 'good' },
      { value: null, text: '–' },
    ])
    // Neither better nor worse.
    expect(ratios.p50).toEqual([1, 1].map((value) => ({ value, text: '1.00' })))
    expect(ratios.memory?.[0]).toEqual({ value: 0.6667, text: '0.67', tone: 'bad' })
  })

  it('says where the first system is behind, and how sure that is', async () => {
    const { data } = await written(compareReport(richComparison(), COMMAND))
    expect(rowsOf(data, 'losses', 'losses').map((row) => row.map(({ value }) => value))).toEqual([
      ['batched', 'operations', 'sluice-embedded', 1.455, 'beyond the spread'],
      ['batched', 'reply', 'redis', 1.102, 'spreads overlap'],
      ['batched', 'memory', 'redis', 1.5, 'measured once'],
      ['batched', 'load', 'sluice-embedded', 2, 'measured once'],
    ])
  })

  it('has the ratio of server CPU as the figure to remember, whoever needs less', async () => {
    const rounds = [madeUpRun({ serverCpuNsPerOp: 40 })]
    const better = compareReport(comparisonOf([caseOf([contenderOf('sluice'), contenderOf('x', { rounds })])]), COMMAND)
    expect((await written(better)).data.highlights).toEqual([
      { name: 'sluice against x', value: '2.0 times', note: 'more server CPU for an operation, case batched' },
    ])
    expect(compareReport(richComparison(), COMMAND).highlights).toEqual([
      { name: 'sluice against redis', value: '20.6 times', note: 'less server CPU for an operation, case batched' },
    ])
  })

  it('says what went wrong, and what to type', async () => {
    const redis = contenderOf('redis', { mismatches: 2, mismatchExplanations: ['read of key 1'], failure: 'it broke' })
    const cases = [
      caseOf([contenderOf('sluice'), redis]),
      caseOf([contenderOf('sluice', { mismatches: 1 })], { name: 'b' }),
    ]
    const given = { isInterrupted: true, failure: 'c: there is no redis-server' }
    const { data } = await written(compareReport(comparisonOf(cases, given), COMMAND))
    expect(data.sections.map(({ notes }) => notes)).toEqual([
      [
        'ycsb-b over 2,000 records. 1 client thread, 2 rounds of 3 s for each system in turns.',
        'Interrupted: the figures are of the rounds that were finished.',
        'redis ended after 1 round: it broke',
        'redis: 2 replies were wrong; read of key 1.',
      ],
      [
        'ycsb-b over 2,000 records. 1 client thread, 2 rounds of 3 s for each system in turns.',
        'Interrupted: the figures are of the rounds that were finished.',
        'sluice: 1 reply was wrong.',
      ],
      ['In nothing that was measured.', 'Ended early: c: there is no redis-server'],
    ])
    expect(data.commands).toEqual([COMMAND, 'sluice --fast', 'redis --fast'])
  })

  it('can be written when nothing was measured', async () => {
    const { data } = await written(compareReport(comparisonOf([], { isInterrupted: true }), COMMAND))
    expect(data.sections).toMatchObject([{ id: 'losses', notes: ['Nothing was measured of two systems.'] }])
  })
})
