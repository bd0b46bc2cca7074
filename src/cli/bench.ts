// `sluice bench`: options, signals, the JSON file and the exit code around a benchmark.

import { accessSync, constants, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { Command } from 'commander'
import type { GivenBenchOptions } from '../bench/run/options.ts'
import type { BenchResult } from '../bench/run/result.ts'
import { SluiceError } from '../util/errors.ts'
import { decimalNumber, wholeNumber } from './numbers.ts'
import { Terminal } from './terminal.ts'

const EXIT_WRONG_REPLY = 1
const EXIT_INTERRUPTED = 130

interface BenchArguments extends GivenBenchOptions {
  /** File for the result. */
  readonly json?: string
}

/** The subcommand. */
export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Measures a server over TCP with YCSB operations, and checks every reply. Starts the server unless --target names one, ' +
        'whose records 0 to N - 1 are overwritten.',
    )
    .option('--workload <a|b|c>', 'share of reads: a 50%, b 95%, c 100% (default: b)')
    .option('--threads <count>', 'shard threads of the embedded server (default: half of the cores)', wholeNumber)
    .option('--clients <count>', 'client threads (default: the other cores)', wholeNumber)
    .option('--batch <operations>', 'operations of a client batch (default: 8192, less for large values)', wholeNumber)
    .option('--window <batches>', 'batches in flight of each client (default: 2)', wholeNumber)
    .option('--seconds <count>', 'seconds measured, after load and warm-up (default: 10)', wholeNumber)
    .option('--records <count>', 'records (default: 1000000)', wholeNumber)
    .option('--value-bytes <count>', 'bytes of each value (default: 128)', wholeNumber)
    .option('--theta <number>', 'skew of the Zipf distribution, 0 is uniform (default: 0.99)', decimalNumber)
    .option('--seed <number>', 'where the sequences of operations start (default: 1)', wholeNumber)
    .option('--target <host:port>', 'a running server instead of an embedded one')
    .option('--json <file>', 'write the result there as JSON')
    .allowExcessArguments(false)
    .action(bench)
}

async function bench(given: BenchArguments): Promise<void> {
  const { json, ...rest } = given
  // Before the run, not after it.
  if (json !== undefined) requireWritable(json)
  const [{ resolveBenchOptions }, { runBench }, { writeReport }] = await Promise.all([
    import('../bench/run/options.ts'),
    import('../bench/run/run-bench.ts'),
    import('../bench/run/summary.ts'),
  ])
  const output = new Terminal(process.stdout, (process.env.NO_COLOR ?? '') !== '')
  const interrupt = new AbortController()
  const onSignal = (): void => {
    // Asked twice: somebody is in a hurry, or the server does not answer.
    if (interrupt.signal.aborted) process.exit(EXIT_INTERRUPTED)
    interrupt.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    const result = await runBench(resolveBenchOptions(rest, availableParallelism()), output, interrupt.signal)
    writeReport(result, output)
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`)
    process.exitCode = exitCodeOf(result)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function exitCodeOf(result: BenchResult): number {
  if (result.mismatches > 0) return EXIT_WRONG_REPLY
  return result.interruptedIn === null ? 0 : EXIT_INTERRUPTED
}

function requireWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', `--json: ${file} cannot be written`, { cause })
  }
}
