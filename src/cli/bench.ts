// `sluice bench`: options, signals, files and the exit code around a benchmark.

import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import type { GivenBenchOptions } from '../bench/run/options.ts'
import { benchAgentCommand } from './bench-agent.ts'
import { benchClusterCommand } from './bench-cluster.ts'
import { benchCompareCommand } from './bench-compare.ts'
import {
  addOutputOptions,
  addWorkloadOptions,
  benchTerminal,
  exitCodeOf,
  interruptible,
  type OutputArguments,
  prepareFiles,
  type WorkloadArguments,
  workloadOf,
  writeFiles,
} from './bench-options.ts'
import { benchPredictCommand } from './bench-predict.ts'
import { benchSweepCommand } from './bench-sweep.ts'
import { wholeNumber } from './numbers.ts'

type BenchArguments = Omit<GivenBenchOptions, 'valueHistogram'> & WorkloadArguments & OutputArguments

/** The subcommand. */
export function benchCommand(version: string): Command {
  const command = new Command('bench').description(
    'Measures a server over TCP with YCSB operations, and checks every reply. Starts the server unless --target names one, ' +
      'whose records 0 to N - 1 are overwritten.',
  )
  addWorkloadOptions(command)
    .option(
      '--driver <name>',
      'sluice-batch, sluice-promises, sluice-embedded, or with --target resp, memcached-text, memcached-meta ' +
        '(default: sluice-batch)',
    )
    .option('--threads <count>', 'shard threads of the embedded server (default: half of the cores)', wholeNumber)
    .option('--clients <count>', 'client threads (default: the other cores)', wholeNumber)
    .option('--batch <operations>', 'operations of a client batch (default: 8192, less for large values)', wholeNumber)
    .option('--window <batches>', 'batches in flight of each client (default: 2)', wholeNumber)
    .option('--rate <operations>', 'operations started a second, answered or not (default: no limit)', wholeNumber)
    .option('--seconds <count>', 'seconds measured, after load and warm-up (default: 10)', wholeNumber)
    .option('--seed <number>', 'where the sequences of operations start (default: 1)', wholeNumber)
    .option('--target <host:port>', 'a running server instead of an embedded one, or nodes of a cluster with commas')
  addOutputOptions(command).allowExcessArguments(false).action(bench)
  return command
    .addCommand(benchCompareCommand())
    .addCommand(benchClusterCommand(version))
    .addCommand(benchSweepCommand(version))
    .addCommand(benchPredictCommand())
    .addCommand(benchAgentCommand(version), { hidden: true })
}

async function bench(given: BenchArguments): Promise<void> {
  await prepareFiles(given)
  const [{ resolveBenchOptions }, { runBench }, { writeSummary }, { runReport }] = await Promise.all([
    import('../bench/run/options.ts'),
    import('../bench/run/run-bench.ts'),
    import('../bench/run/summary.ts'),
    import('../bench/run/run-report.ts'),
  ])
  const terminal = benchTerminal(given)
  const options = resolveBenchOptions({ ...given, ...workloadOf(given) }, availableParallelism())
  const result = await interruptible((signal) => runBench(options, terminal.progress, signal))
  writeSummary(result, terminal.result)
  await writeFiles(given, result, (command) => runReport(result, command), terminal.result)
  const { mismatches, interruptedIn, failure } = result
  process.exitCode = exitCodeOf({ mismatches, isInterrupted: interruptedIn !== null, hasFailed: failure !== null })
}
