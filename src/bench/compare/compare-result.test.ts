import { describe, expect, it } from 'vitest'
import { caseOf, contenderOf } from '../../../test/support/made-up-comparison.ts'
import { madeUpRun } from '../../../test/support/made-up-runs.ts'
import type { RunFigures } from '../run/result.ts'
import { advantage, hasComparison, lossesIn, METRICS, spreadIn } from './compare-result.ts'

function metricOf(name: string) {
  const found = METRICS.find((metric) => metric.name === name)
  if (found === undefined) throw new Error(`there is no metric ${name}`)
  return found
}

const operations = metricOf('operations')
const serverCpu = metricOf('server CPU')
const memory = metricOf('memory')

function ofRounds(name: string, ...rounds: readonly Partial<RunFigures>[]) {
  return contenderOf(name, { rounds: rounds.map(madeUpRun) })
}

function at(median: number) {
  return { least: median, median, most: median }
}

describe('a spread', () => {
  it('is that of the rounds that have the figure', () => {
    const rounds = [{ serverCpuNsPerOp: 70 }, { serverCpuNsPerOp: null }, { serverCpuNsPerOp: 90 }]
    expect(spreadIn(ofRounds('x', ...rounds), serverCpu)).toEqual({ least: 70, median: 80, most: 90 })
  })

  it('is undefined where no round has it', () => {
    expect(spreadIn(ofRounds('x'), operations)).toBeUndefined()
    expect(spreadIn(ofRounds('x', { serverCpuNsPerOp: null }), serverCpu)).toBeUndefined()
    expect(spreadIn(ofRounds('x', { latencyMs: null }), metricOf('p99'))).toBeUndefined()
    expect(spreadIn(contenderOf('x', { memoryBytesPerRecord: null }), memory)).toBeUndefined()
  })

  it('of what is measured once is that', () => {
    expect(spreadIn(contenderOf('x', { memoryBytesPerRecord: 150 }), memory)).toEqual(at(150))
    expect(spreadIn(contenderOf('x', { loadOpsPerSecond: 12 }), metricOf('load'))).toEqual(at(12))
  })
})

describe('an advantage', () => {
  it('is how often more, where more is better, else how often less', () => {
    expect(advantage(at(10), at(4), operations)).toBe(2.5)
    expect(advantage(at(10), at(4), serverCpu)).toBe(0.4)
  })

  it('is that of medians', () => {
    expect(advantage({ least: 1, median: 10, most: 1_000 }, at(5), operations)).toBe(2)
  })

  it('is undefined without two positive figures', () => {
    expect(advantage(undefined, at(1), operations)).toBeUndefined()
    expect(advantage(at(1), undefined, operations)).toBeUndefined()
    expect(advantage(at(0), at(1), operations)).toBeUndefined()
    expect(advantage(at(1), at(-3), memory)).toBeUndefined()
  })
})

describe('losses', () => {
  function lossesOf(...contenders: Parameters<typeof caseOf>[0]) {
    return lossesIn([caseOf(contenders)]).map(({ caseName, metric, winners }) => [caseName, metric.name, winners])
  }

  it('are none where the first system is as good or better', () => {
    expect(lossesOf(ofRounds('a', {}, {}), ofRounds('b', {}, {}))).toEqual([])
    expect(lossesOf(ofRounds('a', {}, {}), ofRounds('b', { serverCpuNsPerOp: 81 }, { serverCpuNsPerOp: 90 }))).toEqual(
      [],
    )
  })

  it('name every better system once for each figure, and how sure that is', () => {
    const rates = (...all: number[]) => all.map((clientOpsPerSecond) => ({ clientOpsPerSecond }))
    const losses = lossesOf(
      ofRounds('a', ...rates(100, 200)),
      ofRounds('sure', ...rates(201, 399)),
      ofRounds('doubtful', ...rates(200, 250)),
      ofRounds('worse', ...rates(100, 100)),
      ofRounds('once', ...rates(300)),
    )
    expect(losses).toEqual([
      [
        'batched',
        'operations',
        [
          { name: 'sure', factor: 2, certainty: 'beyond the spread' },
          { name: 'doubtful', factor: 1.5, certainty: 'spreads overlap' },
          { name: 'once', factor: 2, certainty: 'measured once' },
        ],
      ],
    ])
  })

  it('are in memory and load too', () => {
    const other = contenderOf('b', { memoryBytesPerRecord: 100, loadOpsPerSecond: 4_000_000 })
    expect(lossesOf(contenderOf('a'), other)).toEqual([
      ['batched', 'memory', [{ name: 'b', factor: 1.5, certainty: 'measured once' }]],
      ['batched', 'load', [{ name: 'b', factor: 4, certainty: 'measured once' }]],
    ])
  })

  it('are not in figures that one of the systems does not have', () => {
    const embedded = ofRounds('b', { serverCpuNsPerOp: null, latencyMs: null, clientOpsPerSecond: 1 })
    expect(lossesOf(ofRounds('a', {}), embedded)).toEqual([])
    expect(lossesOf(ofRounds('a', { serverCpuNsPerOp: null }), ofRounds('b', { serverCpuNsPerOp: 1 }))).toEqual([])
    expect(lossesOf(ofRounds('a', {}))).toEqual([])
    expect(lossesIn([caseOf([])])).toEqual([])
  })
})

describe('a comparison', () => {
  it('takes two systems with the same figure', () => {
    const nothing = { rounds: [], memoryBytesPerRecord: null, loadOpsPerSecond: null }
    expect(hasComparison([])).toBe(false)
    expect(hasComparison([caseOf([contenderOf('a')])])).toBe(false)
    expect(hasComparison([caseOf([contenderOf('a'), contenderOf('b', nothing)])])).toBe(false)
    expect(hasComparison([caseOf([contenderOf('a', nothing), contenderOf('b')])])).toBe(false)
    expect(hasComparison([caseOf([contenderOf('a'), contenderOf('b')])])).toBe(true)
  })
})
