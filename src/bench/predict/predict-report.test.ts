import { describe, expect, it } from 'vitest'
import { numbersOf, rowsOf, written } from '../../../test/support/written-report.ts'
import { rounded } from '../run/run-report.ts'
import { assumptionsOf } from './assumptions.ts'
import { predict } from './predict.ts'
import { predictReport } from './predict-report.ts'
import { resolvePredictOptions } from './resolve-options.ts'

/** Small, so that it is quick; the sizes of the reference report and one of our own. */
const options = resolvePredictOptions({ servers: [2, 4], clients: [2, 4, 5], records: 5_000 })
const predictions = predict(options)

const inMillions = (rate: number | null) => (rate === null ? null : rounded(rate / 1e6))

describe('predictions as a report', () => {
  it('have every figure, and what limits each size', async () => {
    const { data, page } = await written(predictReport(predictions, options, 'sluice bench predict'))
    expect(predictions).toHaveLength(6)
    expect(rowsOf(data, 'rates', 'limits').map((row) => row.map(({ value }) => value))).toEqual(
      predictions.map(({ servers, clients, bottleneck, ...rates }) => [
        `${servers} x ${clients}`,
        inMillions(rates.opsPerSecond),
        inMillions(rates.referenceOpsPerSecond),
        inMillions(rates.bestKnownOpsPerSecond),
        bottleneck,
      ]),
    )
    // As the reference report has it.
    for (const rate of [7.25, 13.7, 10.28, 19.43, 31.3]) expect(numbersOf(data)).toContain(rate)
    expect(rowsOf(data, 'uses', 'uses').map((row) => row.map(({ value }) => value))).toEqual(
      predictions.map(({ servers, clients, resources }) => [
        `${servers} x ${clients}`,
        ...resources.map(({ utilisation }) => Math.round(utilisation * 100)),
      ]),
    )
    expect(data.sections.at(-1)?.notes).toEqual(assumptionsOf(options))
    expect(page).toContain('Predictions of a model, not measurements.')
  })

  it('show the reference beside them, where it has a size', async () => {
    const { data } = await written(predictReport(predictions, options, 'x'))
    const [predicted, reference] = data.sections[0]?.charts[0]?.series ?? []
    expect(predicted?.points).toEqual(
      predictions.map(({ servers, clients, opsPerSecond }) => ({
        x: `${servers} x ${clients}`,
        y: inMillions(opsPerSecond),
      })),
    )
    expect(reference?.points.filter(({ y }) => y !== null).map(({ x }) => x)).toEqual([
      '2 x 2',
      '2 x 4',
      '4 x 2',
      '4 x 4',
    ])
    const other = resolvePredictOptions({ servers: [3], clients: [3], records: 5_000 })
    const alone = await written(predictReport(predict(other), other, 'x'))
    expect(alone.data.sections[0]?.charts[0]?.series.map(({ name }) => name)).toEqual(['predicted'])
  })

  it('have the fastest size as the figure to remember', () => {
    const fastest = predictions.toSorted((left, right) => right.opsPerSecond - left.opsPerSecond)[0]
    expect(predictReport(predictions, options, 'x').highlights).toEqual([
      {
        name: `${fastest?.servers} x ${fastest?.clients}, servers x clients`,
        value: `${inMillions(fastest?.opsPerSecond ?? 0)} M ops/s`,
        note: `predicted, limited by ${fastest?.bottleneck}`,
      },
    ])
  })
})
