// What is written about a sweep: as text and as a report.

import { describe, expect, it } from 'vitest'
import { MADE_UP_ENVIRONMENT, MADE_UP_LATENCY, madeUpRun } from '../../../test/support/made-up-runs.ts'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { numbersOf, rowsOf, written } from '../../../test/support/written-report.ts'
import { parseAxes, pointsOf } from './axes.ts'
import { sweepReport } from './sweep-report.ts'
import type { SweepPoint, SweepResult, SweepRun } from './sweep-result.ts'
import { writeSweep } from './sweep-summary.ts'

function runOf(clientOpsPerSecond: number, given: Partial<SweepRun> = {}): SweepRun {
  const rest = { serverMediansOpsPerSecond: clientOpsPerSecond + 100_000, mismatches: 0, failure: null }
  return { ...madeUpRun({ clientOpsPerSecond }), ...rest, ...given }
}

function sweepOf(
  vary: readonly string[],
  points: readonly SweepPoint[],
  given: Partial<SweepResult> = {},
): SweepResult {
  return {
    environment: MADE_UP_ENVIRONMENT,
    axes: parseAxes(vary),
    rounds: 2,
    secondsPerRun: 10,
    workload: 'ycsb-b over 2,000 records',
    isInterrupted: false,
    failures: [],
    points,
    ...given,
  }
}

const SCALING = ['servers=1,2', 'clients=1,2']

/** Servers and clients, two rounds each. */
function scaling(given: Partial<SweepResult> = {}): SweepResult {
  const points = pointsOf(parseAxes(SCALING)).map((values): SweepPoint => {
    const [servers = 0, clients = 0] = values.map(Number)
    const rate = (2 * servers + clients) * 1_000_000
    return { values, servers, clients, threads: 4, batch: 4_096 * servers, runs: [runOf(rate), runOf(rate + 500_000)] }
  })
  return sweepOf(SCALING, points, given)
}

function linesOf(result: SweepResult): string[] {
  const output = new OutputRecorder()
  writeSweep(result, output)
  return output.lines
}

describe('a sweep as text', () => {
  it('is the strong-scaling table of servers and clients', () => {
    expect(linesOf(scaling())).toEqual([
      '',
      'ycsb-b over 2,000 records; 2 rounds of 10 s',
      '  servers  clients  threads  batch  M ops/s        spread  server medians  server ns/op  client ns/op  p99 ms',
      '        1        1        4  4,096     3.25  3.00 to 3.50            3.35          80.0         100.5   10.00',
      '        1        2        4  4,096     4.25  4.00 to 4.50            4.35          80.0         100.5   10.00',
      '        2        1        4  8,192     5.25  5.00 to 5.50            5.35          80.0         100.5   10.00',
      '        2        2        4  8,192     6.25  6.00 to 6.50            6.35          80.0         100.5   10.00',
      '',
      '  every reply was right',
    ])
  })

  it('has a column for what else is varied', () => {
    const points = ['0.5', '0.9'].map((theta): SweepPoint => {
      return { values: [theta, '64'], servers: 1, clients: 1, threads: 1, batch: 64, runs: [runOf(1_000_000)] }
    })
    const [, , heads, row] = linesOf(sweepOf(['theta=0.5,0.9', 'batch=64'], points))
    expect(heads?.trim().split(/ {2,}/).slice(0, 6)).toEqual([
      'servers',
      'clients',
      'threads',
      'theta',
      'batch',
      'M ops/s',
    ])
    expect(row?.trim().split(/ {2,}/).slice(0, 6)).toEqual(['1', '1', '1', '0.5', '64', '1.00'])
  })

  it('leaves out runs that ended early, and says so', () => {
    const [whole, ...others] = scaling().points
    const latencyMs = { ...MADE_UP_LATENCY, p99: 1_000 }
    const broken = runOf(7, { failure: 'server-1: it ended by SIGKILL', latencyMs, serverCpuNsPerOp: 1 })
    const points = [{ ...(whole as SweepPoint), runs: [runOf(3_000_000), broken] }, ...others.slice(0, 1)]
    points[1] = { ...(points[1] as SweepPoint), runs: [broken] }
    const lines = linesOf(scaling({ points, failures: ['servers=2, clients=1, round 1: h2 is away'] }))
    expect(lines.slice(3)).toEqual([
      '        1        1        4  4,096     3.00  3.00 to 3.00            3.10          80.0         100.5   10.00',
      '        1        2        4  4,096        -             -               -             -             -       -',
      '',
      'bad(  servers=2, clients=1, round 1: h2 is away)',
      'bad(  servers=1, clients=1: a run ended early and is left out: server-1: it ended by SIGKILL)',
      'bad(  servers=1, clients=2: a run ended early and is left out: server-1: it ended by SIGKILL)',
      '  every reply was right',
    ])
  })

  it('says that replies were wrong, and that it was interrupted', () => {
    const [point] = scaling().points
    const points = [{ ...(point as SweepPoint), runs: [runOf(1, { mismatches: 2 }), runOf(1, { mismatches: 1 })] }]
    expect(linesOf(scaling({ points, isInterrupted: true })).slice(-3)).toEqual([
      '',
      '  interrupted: the table has the runs that were finished',
      'bad(  3 replies were wrong)',
    ])
  })

  it('has no table of nothing', () => {
    expect(linesOf(scaling({ points: [], isInterrupted: true })).slice(2)).toEqual([
      '',
      '  interrupted: the table has the runs that were finished',
    ])
  })
})

describe('a sweep as a report', () => {
  it('has every figure of every point', async () => {
    const result = scaling()
    const { data, page } = await written(sweepReport(result, 'sluice bench sweep'))
    expect(rowsOf(data, 'throughput', 'points').map((row) => row.map(({ value }) => value))).toEqual(
      result.points.map(({ values, servers, clients, batch, runs }) => {
        const [first = 0, second = 0] = runs.map(({ clientOpsPerSecond }) => clientOpsPerSecond)
        const rates = [first + 250_000, first, second, first + 350_000]
        return [servers, clients, 4, batch, ...values, ...rates, 80, 100.5, 1.25, 10]
      }),
    )
    expect(page).toContain('6,250,000')
    expect(data.commands).toEqual(['sluice bench sweep'])
  })

  it('draws a line for each value of the first axis over those of the last', async () => {
    const { data } = await written(sweepReport(scaling(), 'x'))
    const [rates, cpu] = data.sections[0]?.charts ?? []
    expect(rates?.series).toEqual([
      { name: 'servers 1', points: [pointOf('1', 3.25e6), pointOf('2', 4.25e6)] },
      { name: 'servers 2', points: [pointOf('1', 5.25e6), pointOf('2', 6.25e6)] },
    ])
    expect(cpu).toMatchObject({ id: 'cpu', yUnit: 'ns', series: [{ points: [{ y: 180.5 }, { y: 180.5 }] }, {}] })
    expect(numbersOf(data)).toContain(180.5)
  })

  it('can be written of one axis, of a part, and of nothing', async () => {
    const one = sweepOf(
      ['servers=1,2'],
      scaling()
        .points.slice(0, 1)
        .map((point) => ({ ...point, values: ['1'] })),
    )
    const { data } = await written(sweepReport(one, 'x'))
    expect(data.sections[0]?.charts[0]?.series).toEqual([{ name: 'median of rounds', points: [pointOf('1', 3.25e6)] }])
    const part = await written(sweepReport(scaling({ points: scaling().points.slice(0, 1), isInterrupted: true }), 'x'))
    expect(part.data.sections[0]?.charts[0]?.series.map(({ name }) => name)).toEqual(['servers 1'])
    expect(part.data.sections[0]?.notes).toContain('Interrupted: these are the runs that were finished.')
    const nothing = await written(sweepReport(scaling({ points: [], failures: ['h1 is away'] }), 'x'))
    expect(nothing.data.sections[0]).toMatchObject({ charts: [], notes: [expect.anything(), 'h1 is away'] })
  })
})

function pointOf(x: string, y: number) {
  return { x, y, least: y - 250_000, most: y + 250_000 }
}
