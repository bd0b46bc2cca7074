// Predictions as a report.

import { systemClock } from '../../util/clock.ts'
import { figureCell, textCell } from '../report/cells.ts'
import type { Chart, Report, Section } from '../report/model.ts'
import { readEnvironment } from '../run/environment.ts'
import { environmentFacts } from '../run/environment-facts.ts'
import { rounded } from '../run/run-report.ts'
import { assumptionsOf } from './assumptions.ts'
import type { Prediction } from './predict.ts'
import type { PredictOptions } from './predict-options.ts'

const MILLION = 1e6

/** The report. `command` is what was typed. */
export function predictReport(predictions: readonly Prediction[], options: PredictOptions, command: string): Report {
  const [most] = predictions.toSorted((left, right) => right.opsPerSecond - left.opsPerSecond)
  return {
    title: 'Sluice: predicted scale',
    createdAtMs: systemClock.nowMs(),
    highlights:
      most === undefined
        ? []
        : [
            {
              name: `${sizeOf(most)}, servers x clients`,
              value: `${millions(most.opsPerSecond)} M ops/s`,
              note: `predicted, limited by ${most.bottleneck}`,
            },
          ],
    sections: [ratesSection(predictions), usesSection(predictions), assumptionsSection(options)],
    environment: environmentFacts(readEnvironment()),
    commands: [command],
  }
}

function ratesSection(predictions: readonly Prediction[]): Section {
  const reference = predictions.filter(({ referenceOpsPerSecond }) => referenceOpsPerSecond !== null)
  const chart: Chart = {
    id: 'rates',
    title: 'Millions of operations a second',
    kind: 'bars',
    xName: 'servers x clients',
    yName: 'operations',
    yUnit: 'M/s',
    xIsCategory: true,
    series: [
      { name: 'predicted', points: predictions.map((each) => ({ x: sizeOf(each), y: millions(each.opsPerSecond) })) },
      ...(reference.length === 0
        ? []
        : [
            {
              name: 'reference report',
              points: predictions.map((each) => ({ x: sizeOf(each), y: millions(each.referenceOpsPerSecond) })),
            },
          ]),
    ],
  }
  return {
    id: 'rates',
    title: 'Throughput by cluster size',
    notes: ['Predictions of a model, not measurements.'],
    charts: [chart],
    tables: [
      {
        id: 'limits',
        title: 'What limits each size',
        columns: [
          { name: 'servers x clients', align: 'left' },
          { name: 'predicted', unit: 'M ops/s', align: 'right' },
          { name: 'reference', unit: 'M ops/s', align: 'right' },
          { name: 'best known', unit: 'M ops/s', align: 'right' },
          { name: 'limited by', align: 'left' },
        ],
        rows: predictions.map((each) => [
          textCell(sizeOf(each)),
          figureCell(millions(each.opsPerSecond)),
          figureCell(millions(each.referenceOpsPerSecond)),
          figureCell(millions(each.bestKnownOpsPerSecond)),
          textCell(each.bottleneck),
        ]),
      },
    ],
  }
}

function usesSection(predictions: readonly Prediction[]): Section {
  const titles = predictions[0]?.resources.map(({ title }) => title) ?? []
  return {
    id: 'uses',
    title: 'What is used at that rate',
    notes: [],
    charts: [],
    tables: [
      {
        id: 'uses',
        title: 'Part of each resource in use',
        columns: [
          { name: 'servers x clients', align: 'left' },
          ...titles.map((name) => ({ name, unit: '%', align: 'right' }) as const),
        ],
        rows: predictions.map((each) => [
          textCell(sizeOf(each)),
          ...each.resources.map(({ utilisation }) => figureCell(Math.round(utilisation * 100))),
        ]),
      },
    ],
  }
}

function assumptionsSection(options: PredictOptions): Section {
  return { id: 'assumptions', title: 'What is assumed', notes: assumptionsOf(options), charts: [], tables: [] }
}

function sizeOf({ servers, clients }: Prediction): string {
  return `${servers} x ${clients}`
}

function millions(opsPerSecond: number): number
function millions(opsPerSecond: number | null): number | null
function millions(opsPerSecond: number | null): number | null {
  return opsPerSecond === null ? null : rounded(opsPerSecond / MILLION)
}
