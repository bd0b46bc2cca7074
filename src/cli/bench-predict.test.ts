import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { PredictResult } from '../bench/predict/predict-summary.ts'
import { benchPredictCommand } from './bench-predict.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-predict-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

/** Runs the command with these words behind it; returns what it prints. */
async function predict(...words: readonly string[]): Promise<string> {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += String(part)
    return true
  })
  const silent = { writeErr: () => {} }
  const command = benchPredictCommand().configureOutput(silent).exitOverride()
  await new Command('bench')
    .exitOverride()
    .addCommand(command)
    .parseAsync(['predict', ...words], { from: 'user' })
  return text
}

describe('sluice bench predict', () => {
  it('says that it predicts, what limits each size, and what it assumes, beside the reference', async () => {
    const text = await predict()
    expect(text).toContain('Predictions of a model, not measurements')
    expect(text).toMatch(/^ {2}4x4 +[\d.]+ +19\.43 +31\.30 {2}server network out$/m)
    expect(text).toMatch(/^ {2}2x6 +[\d.]+ +14\.40 +- {2}/m)
    expect(text).toContain('interrupts and drivers of a network card are not known')
    expect(text).toContain('7 of 8 cores')
  })

  it('writes the same as JSON', async () => {
    const json = join(folder, 'predictions.json')
    await predict('--servers', '1,2', '--clients', '3', '--records', '1000', '--json', json)
    const result: PredictResult = JSON.parse(readFileSync(json, 'utf8'))
    expect(result.kind).toBe('prediction')
    expect(result.predictions.map(({ servers, clients }) => [servers, clients])).toEqual([
      [1, 3],
      [2, 3],
    ])
    expect(result.options.workload.records).toBe(1_000)
    expect(result.assumptions.length).toBeGreaterThan(5)
  })

  it('warns when the costs are those of another workload', async () => {
    expect(await predict('--value-bytes', '1000')).toContain('another workload than the one predicted')
    expect(await predict()).not.toContain('another workload than the one predicted')
  })

  it.each([
    [['--servers', 'two', '--clients', '1'], 'whole number'],
    [['--servers', '1,,2', '--clients', '1'], 'whole number'],
    [['--servers', '1'], '--servers and --clients'],
    [['--gbits', '-1'], 'decimal number'],
    [['--gbits', '0'], '--gbits'],
    [['--server-share', '2'], '--server-share'],
    [['--theta', '1.5'], '--theta'],
    [['--speed', 'fast'], 'decimal number'],
    [['--costs', '/no/such/file'], 'cannot be read'],
    [['--json', '/no/such/folder/file'], 'cannot be written'],
    [['--nonsense'], 'unknown option'],
    [['more'], 'too many arguments'],
  ])('refuses %j', async (words, message) => {
    await expect(predict(...words)).rejects.toThrow(message)
  })

  it('refuses a file that is no result', async () => {
    const file = join(folder, 'costs.json')
    writeFileSync(file, '{"options":{"batch":8192}}')
    await expect(predict('--costs', file)).rejects.toThrow('has no number at serverThreads')
    writeFileSync(file, 'no JSON')
    await expect(predict('--costs', file)).rejects.toThrow('is not JSON')
  })
})
