// The options that all kinds of benchmark have in common, and what surrounds each: the terminal, signals, files.

import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import type { Report } from '../bench/report/model.ts'
import { type BenchOutput, SILENT_OUTPUT } from '../bench/run/output.ts'
import type { GivenWorkload } from '../bench/workload/resolve-workload.ts'
import { SluiceError } from '../util/errors.ts'
import { decimalNumber, wholeNumber } from './numbers.ts'
import { Terminal } from './terminal.ts'

const EXIT_INTERRUPTED = 130

/** Options of a workload, as the command line has them. */
export interface WorkloadArguments extends Omit<GivenWorkload, 'valueHistogram'> {
  /** File with sizes and weights. */
  readonly valueHistogram?: string
}

/** What every kind of benchmark may be told about its output. */
export interface OutputArguments {
  readonly json?: string
  readonly report?: string
  readonly quiet?: boolean
  readonly progress?: boolean
}

/** Adds the options of a workload. */
export function addWorkloadOptions(command: Command): Command {
  return command
    .option('--workload <letter>', "YCSB's mix: a, b, c, d or f (default: b)")
    .option('--mix <shares>', 'a mix of your own, such as read=80,update=10,delete=5,increment=5')
    .option(
      '--distribution <name>',
      'uniform, zipf, scrambled-zipf, latest or hotspot (default: zipf, for workload d latest)',
    )
    .option('--theta <number>', 'skew of zipf, scrambled-zipf and latest, 0 is uniform (default: 0.99)', decimalNumber)
    .option('--hot-share <number>', 'hotspot: part of the records that is hot (default: 0.2)', decimalNumber)
    .option('--hot-operations <number>', 'hotspot: part of the operations on it (default: 0.8)', decimalNumber)
    .option('--keys <format>', "decimal, or user: YCSB's (default: decimal)")
    .option('--value-bytes <sizes>', 'bytes of values: one number, or the least and the most, 64-1024 (default: 128)')
    .option('--value-histogram <file>', 'sizes of values: lines of bytes and weight')
    .option('--records <count>', 'records (default: 1000000)', wholeNumber)
}

/** Adds the options about output. */
export function addOutputOptions(command: Command): Command {
  return command
    .option('--json <file>', 'write the result there as JSON')
    .option('--report <folder>', 'write a page to look at there, and its data as JSON, CSV and Markdown')
    .option('--quiet', 'print the result only')
    .addOption(new Option('--no-progress', 'print no line that changes'))
}

/** The workload as the benchmark takes it. */
export function workloadOf({ valueHistogram: file, ...rest }: WorkloadArguments): GivenWorkload {
  if (file === undefined) return rest
  try {
    return { ...rest, valueHistogram: readFileSync(file, 'utf8') }
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', `--value-histogram: ${file} cannot be read`, { cause })
  }
}

/** Where a benchmark's words go: while it runs, and its result. */
export interface BenchTerminal {
  readonly progress: BenchOutput
  readonly result: BenchOutput
}

/** The terminal as the user wants it. */
export function benchTerminal({ quiet = false, progress = true }: OutputArguments): BenchTerminal {
  const terminal = new Terminal(process.stdout, { noColour: (process.env.NO_COLOR ?? '') !== '', noLive: !progress })
  return { progress: quiet ? SILENT_OUTPUT : terminal, result: terminal }
}

/** Does `work` with a signal that aborts on SIGINT and SIGTERM; a second one ends the process. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupt = new AbortController()
  const onSignal = (): void => {
    // Asked twice: somebody is in a hurry, or a server does not answer.
    if (interrupt.signal.aborted) process.exit(EXIT_INTERRUPTED)
    interrupt.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    return await work(interrupt.signal)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function requireWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', `--json: ${file} cannot be written`, { cause })
  }
}

/** Sees to it that what is wanted can be written: before the run, not after it. Rejects with INVALID_ARGUMENT. */
export async function prepareFiles({ json, report }: OutputArguments): Promise<void> {
  if (json !== undefined) requireWritable(json)
  if (report === undefined) return
  const { prepareReport } = await import('../bench/report/write-report.ts')
  await prepareReport(report)
}

/**
 * Writes what is wanted of the result, and says where a report is. `reportOf` makes the report, given the command that was
 * typed.
 */
export async function writeFiles(
  { json, report }: OutputArguments,
  result: unknown,
  reportOf: (command: string) => Report,
  output: BenchOutput,
): Promise<void> {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`)
  if (report === undefined) return
  const { writeReport } = await import('../bench/report/write-report.ts')
  await writeReport(reportOf(['sluice', ...process.argv.slice(2)].join(' ')), report)
  output.line(`  report  ${join(report, 'index.html')}`)
}

/** The exit code of a benchmark. */
export function exitCodeOf(outcome: {
  readonly mismatches: number
  readonly isInterrupted: boolean
  readonly hasFailed: boolean
}): number {
  if (outcome.mismatches > 0 || outcome.hasFailed) return 1
  return outcome.isInterrupted ? EXIT_INTERRUPTED : 0
}
