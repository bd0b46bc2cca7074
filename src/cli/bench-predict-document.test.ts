// The tables of predictions in docs/SCALING.md, against what the command says.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { afterAll, expect, it, vi } from 'vitest'
import type { PredictResult } from '../bench/predict/predict-summary.ts'
import { benchPredictCommand } from './bench-predict.ts'

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../docs/SCALING.md', import.meta.url)), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'sluice-predict-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The cells of the rows whose first one matches. */
function rowsOf(first: RegExp): string[][] {
  return DOCUMENT.split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length > 5 && first.test(cells[1] ?? ''))
    .map((cells) => cells.slice(1, -1))
}

async function predict(words: readonly string[]): Promise<PredictResult['predictions']> {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  const json = join(folder, 'predictions.json')
  await new Command('bench')
    .addCommand(benchPredictCommand())
    .parseAsync(['predict', ...words, '--json', json], { from: 'user' })
  write.mockRestore()
  const result: PredictResult = JSON.parse(readFileSync(json, 'utf8'))
  return result.predictions
}

const millions = (opsPerSecond: number, digits = 1): string => (opsPerSecond / 1e6).toFixed(digits)

it('the table of the reference is what is predicted', async () => {
  const predictions = await predict([])
  const rows = predictions.map((each) => {
    const others = each.resources.filter(({ name }) => name !== each.bottleneck)
    const next = others.reduce((most, resource) => (resource.utilisation > most.utilisation ? resource : most))
    const name = next.name === 'server CPU of the hottest thread' ? 'hottest thread' : next.name
    const best = each.bestKnownOpsPerSecond
    return [
      `${each.servers}x${each.clients}`,
      millions(each.opsPerSecond),
      millions(each.referenceOpsPerSecond ?? 0, 2),
      best === null ? '' : millions(best, 2),
      each.bottleneck,
      `${name}, ${Math.round(next.utilisation * 100)}%`,
    ]
  })
  expect(rowsOf(/^\d+x\d+$/).filter((row) => !row[1]?.includes('ns'))).toEqual(rows)
})

it.each(rowsOf(/^`(?:|--.*)`$/))('the row of %s is what is predicted', async (options, ...cells) => {
  const predictions = await predict(options.replaceAll('`', '').split(' ').filter(Boolean))
  const at = (servers: number, clients: number) => {
    return predictions.find((each) => each.servers === servers && each.clients === clients)
  }
  const rates = [at(2, 2), at(4, 2), at(4, 4)].map((each) => millions(each?.opsPerSecond ?? 0))
  expect(cells).toEqual([...rates, at(4, 4)?.bottleneck])
})

it('the rates on shared cores are what is predicted', async () => {
  const predictions = await predict('--servers 1,2,4 --clients 1,2,4 --shared-cores 2 --frame-ops 1024'.split(' '))
  const rows = rowsOf(/^\d+x\d+$/).filter((row) => row[1]?.includes('ns'))
  const same = predictions.filter(({ servers, clients }) => servers === clients)
  expect(rows.map(([size, cpu, , rate]) => [size, cpu, rate])).toEqual(
    same.map(({ servers, clients, opsPerSecond, serverCpuNsPerOp, clientCpuNsPerOp }) => [
      `${servers}x${clients}`,
      `${(serverCpuNsPerOp + clientCpuNsPerOp).toFixed(0)} ns`,
      `${millions(opsPerSecond, 2)}M`,
    ]),
  )
  expect(rows).toHaveLength(3)
})
