import { describe, expect, it } from 'vitest'
import { madeUpCluster } from '../../../test/support/made-up-cluster.ts'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { SluiceError } from '../../util/errors.ts'
import type { GivenClusterOptions } from '../cluster/cluster-options.ts'
import type { ClusterResult } from '../cluster/cluster-result.ts'
import { parseAxes } from './axes.ts'
import { runSweep } from './run-sweep.ts'
import type { SweepResult } from './sweep-result.ts'

interface Tried {
  readonly calls: GivenClusterOptions[]
  readonly lines: string[]
  readonly result: Promise<SweepResult>
}

/** Sweeps with made-up runs; `onRun` may change or fail the run of that number, from 1. */
function sweep(
  vary: readonly string[],
  rounds: number,
  onRun: (call: number, interrupt: AbortController) => Partial<ClusterResult> | undefined = () => undefined,
  given: GivenClusterOptions = { servers: '1', clients: '1' },
): Tried {
  const calls: GivenClusterOptions[] = []
  const output = new OutputRecorder()
  const interrupt = new AbortController()
  const runPoint = async (options: GivenClusterOptions) => {
    calls.push(options)
    return madeUpCluster(options, onRun(calls.length, interrupt))
  }
  const result = runSweep({ given, axes: parseAxes(vary), rounds, runPoint, output, signal: interrupt.signal })
  return { calls, lines: output.lines, result }
}

function runCounts({ points }: SweepResult) {
  return points.map(({ values, runs }) => [values.join(), runs.length])
}

describe('a sweep', () => {
  it('runs every point once in each round, in turns', async () => {
    const { calls, lines, result } = sweep(['servers=1,2', 'batch=10,20'], 2, (call) => ({ clientOpsPerSecond: call }))
    const { points, ...rest } = await result
    const order = ['1 10', '1 20', '2 10', '2 20']
    expect(calls.map(({ servers, batch }) => `${servers} ${batch}`)).toEqual([...order, ...order])
    expect(lines.slice(3, 5)).toEqual(['round 1 of 2: servers=2, batch=20', 'round 2 of 2: servers=1, batch=10'])
    expect(points.map(({ runs }) => runs.map((run) => run.clientOpsPerSecond))).toEqual([
      [1, 5],
      [2, 6],
      [3, 7],
      [4, 8],
    ])
    // Eight cores each, as the made-up machines have.
    expect(points[3]).toMatchObject({ values: ['2', '20'], servers: 2, clients: 1, threads: 8, batch: 20 })
    expect(rest).toMatchObject({ rounds: 2, secondsPerRun: 10, isInterrupted: false, failures: [] })
  })

  it('keeps of a run what was measured, but no seconds', async () => {
    const { points } = await sweep(['servers=1'], 1).result
    const [run] = points[0]?.runs ?? []
    expect(run).toMatchObject({ serverMediansOpsPerSecond: 5_200_000, clientOpsPerSecond: 5_000_000, failure: null })
    for (const name of ['nodes', 'samples', 'hosts', 'phases', 'options', 'environment'])
      expect(run).not.toHaveProperty(name)
  })

  it('says what all points have in common', async () => {
    const given = { servers: '1', clients: '1', records: 500, seconds: 3 }
    const both = await sweep(['theta=0,0.5', 'value-bytes=1,2'], 1, undefined, given).result
    expect(both.workload).toMatch(/ over 500 records, .*, but for theta and value-bytes$/)
    expect(both.secondsPerRun).toBe(3)
    expect((await sweep(['batch=1'], 1, undefined, given).result).workload).not.toContain('but for')
  })

  it('keeps the runs that were finished when it is interrupted', async () => {
    const { calls, result } = sweep(['clients=1,2,3'], 2, (call, interrupt) => {
      if (call === 5) interrupt.abort()
      return undefined
    })
    const partial = await result
    expect(calls).toHaveLength(5)
    expect(partial.isInterrupted).toBe(true)
    expect(runCounts(partial)).toEqual([
      ['1', 2],
      ['2', 1],
      ['3', 1],
    ])
  })

  it('keeps them when the interruption comes while hosts are being connected', async () => {
    const { calls, result } = sweep(['clients=1,2'], 2, (call, interrupt) => {
      if (call < 2) return undefined
      interrupt.abort()
      throw new SluiceError('CANCELLED', 'interrupted while the hosts were being connected')
    })
    const partial = await result
    expect(calls).toHaveLength(2)
    expect(partial).toMatchObject({ isInterrupted: true, failures: [] })
    expect(runCounts(partial)).toEqual([['1', 1]])
  })

  it('goes on when a later run cannot be made', async () => {
    const { calls, result } = sweep(['clients=1,2'], 2, (call) => {
      if (call === 2) throw new Error('h2 is away')
      return undefined
    })
    const { failures, ...partial } = await result
    expect(calls).toHaveLength(4)
    expect(failures).toEqual(['clients=2, round 1: h2 is away'])
    expect(runCounts({ failures, ...partial })).toEqual([
      ['1', 2],
      ['2', 1],
    ])
  })

  it('rejects when the first run cannot be made', async () => {
    const { calls, result } = sweep(['clients=1,2'], 2, () => {
      throw new Error('ssh is not there')
    })
    await expect(result).rejects.toThrow('ssh is not there')
    expect(calls).toHaveLength(1)
  })

  it.each([
    ['theta=0.5,2', '--theta must be at least 0 and below 1, not 2'],
    ['value-bytes=10,x', '--value-bytes'],
    ['batch=10,1000001', '--batch must be a whole number from 1 to 1000000'],
    ['servers=1,65', '--servers must be 1 to 64 hosts, not 65'],
  ])('refuses %s before the first run', async (vary, message) => {
    const { calls, result } = sweep([vary], 1)
    await expect(result).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) })
    expect(calls).toEqual([])
  })
})
