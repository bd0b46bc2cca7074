import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { OutputRecorder } from '../../test/support/output-recorder.ts'
import { SAMPLE_REPORT } from '../../test/support/sample-report.ts'
import {
  addOutputOptions,
  addWorkloadOptions,
  benchTerminal,
  exitCodeOf,
  interruptible,
  prepareFiles,
  workloadOf,
  writeFiles,
} from './bench-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function parsed(...args: readonly string[]): Record<string, unknown> {
  const command = addOutputOptions(addWorkloadOptions(new Command('bench'))).exitOverride()
  return command.parse(args, { from: 'user' }).opts()
}

describe('options', () => {
  it('are what was given, and nothing else', () => {
    expect(parsed()).toEqual({ progress: true })
    expect(parsed('--workload', 'a', '--theta', '0.5', '--records', '10', '--value-bytes', '64-1024')).toEqual({
      workload: 'a',
      theta: 0.5,
      records: 10,
      valueBytes: '64-1024',
      progress: true,
    })
    expect(parsed('--json', 'x.json', '--quiet', '--no-progress')).toEqual({
      json: 'x.json',
      quiet: true,
      progress: false,
    })
  })
})

describe('the workload', () => {
  it('is taken as it is', () => {
    expect(workloadOf({ workload: 'c', records: 3 })).toEqual({ workload: 'c', records: 3 })
  })

  it('has the text of its histogram', () => {
    const file = join(folder, 'sizes.txt')
    writeFileSync(file, '10 1\n20 3\n')
    expect(workloadOf({ records: 3, valueHistogram: file })).toEqual({ records: 3, valueHistogram: '10 1\n20 3\n' })
  })

  it('names a histogram that cannot be read', () => {
    const file = join(folder, 'nowhere.txt')
    const message = `--value-histogram: ${file} cannot be read`
    expect(() => workloadOf({ valueHistogram: file })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message }),
    )
  })
})

describe('the terminal', () => {
  function written(work: () => void): string {
    let text = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += chunk
      return true
    })
    work()
    vi.restoreAllMocks()
    return text
  }

  it('takes progress and result', () => {
    const text = written(() => {
      const { progress, result } = benchTerminal({})
      progress.line('on its way')
      result.line('done')
    })
    expect(text).toContain('on its way\n')
    expect(text).toContain('done\n')
  })

  it('that is to be quiet takes the result only', () => {
    const text = written(() => {
      const { progress, result } = benchTerminal({ quiet: true })
      progress.line('on its way')
      progress.live('on its way')
      result.line('done')
    })
    expect(text).toBe('done\n')
  })

  it('without progress takes no line that changes', () => {
    const text = written(() => {
      const { progress } = benchTerminal({ progress: false })
      progress.live('changes')
      progress.line('stays')
    })
    expect(text).toBe('stays\n')
  })

  it('has no colours where NO_COLOR is set', () => {
    vi.stubEnv('NO_COLOR', '1')
    expect(benchTerminal({}).result.styled('bad', 'wrong')).toBe('wrong')
  })
})

describe('files', () => {
  const noReport = (): never => {
    throw new Error('no report was asked for')
  }

  const output = new OutputRecorder()

  it('of a result are JSON that ends a line', async () => {
    const json = join(folder, 'result.json')
    await prepareFiles({ json })
    await writeFiles({ json }, { a: [1, null] }, noReport, output)
    const text = readFileSync(json, 'utf8')
    expect([JSON.parse(text), text.at(-1)]).toEqual([{ a: [1, null] }, '\n'])
  })

  it('of a report say what was typed', async () => {
    const report = join(folder, 'report')
    await prepareFiles({ report })
    await writeFiles({ report }, {}, (command) => ({ ...SAMPLE_REPORT, commands: [command] }), output)
    expect(JSON.parse(readFileSync(join(report, 'report.json'), 'utf8')).commands).toEqual([
      ['sluice', ...process.argv.slice(2)].join(' '),
    ])
    expect(output.lines).toEqual([`  report  ${join(report, 'index.html')}`])
  })

  it('are not needed', async () => {
    await prepareFiles({})
    await writeFiles({}, {}, noReport, output)
  })

  it('that could not be written are refused beforehand', async () => {
    const json = join(folder, 'nowhere', 'result.json')
    const message = `--json: ${json} cannot be written`
    await expect(prepareFiles({ json })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message })
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await expect(prepareFiles({ report: join(file, 'report') })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('signals', () => {
  const listeners = (): number => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')

  it.each(['SIGINT', 'SIGTERM'] as const)('%s aborts the work, which gives what it has', async (name) => {
    const before = listeners()
    const result = await interruptible(async (signal) => {
      expect(signal.aborted).toBe(false)
      process.emit(name)
      return signal.aborted
    })
    expect(result).toBe(true)
    expect(listeners()).toBe(before)
  })

  it('asked twice, the process ends', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('ended')
    })
    const work = interruptible(async () => {
      process.emit('SIGINT')
      process.emit('SIGTERM')
    })
    await expect(work).rejects.toThrow('ended')
    expect(exit).toHaveBeenCalledWith(130)
  })

  it('are let go of after work that fails', async () => {
    const before = listeners()
    await expect(interruptible(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(listeners()).toBe(before)
  })
})

it.each([
  [{ mismatches: 0, isInterrupted: false, hasFailed: false }, 0],
  [{ mismatches: 0, isInterrupted: true, hasFailed: false }, 130],
  [{ mismatches: 0, isInterrupted: false, hasFailed: true }, 1],
  [{ mismatches: 1, isInterrupted: false, hasFailed: false }, 1],
  [{ mismatches: 1, isInterrupted: true, hasFailed: false }, 1],
])('%j ends with %d', (outcome, code) => {
  expect(exitCodeOf(outcome)).toBe(code)
})
