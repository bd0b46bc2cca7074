// `sluice bench sweep`: a cluster again and again, with one or two options varied.

import { Command } from 'commander'
import { addClusterOptions, type ClusterArguments, clusterOptionsOf, clusterRunner } from './bench-cluster.ts'
import { benchTerminal, exitCodeOf, interruptible, prepareFiles, writeFiles } from './bench-options.ts'
import { wholeNumber } from './numbers.ts'

interface SweepArguments extends ClusterArguments {
  readonly vary: readonly string[]
  readonly rounds?: number
}

const ROUNDS_MAX = 1_000

/** The subcommand. */
export function benchSweepCommand(version: string): Command {
  const command = new Command('sweep')
    .description(
      'Measures a cluster, by default of processes on this machine, over one or two varied options, and prints ' +
        'throughput by them: with servers and clients the strong-scaling table.',
    )
    .requiredOption(
      '--vary <option=values>',
      'servers, clients, threads, batch, window, value-bytes or theta, such as servers=1,2,4; once or twice',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('--servers <hosts>', 'hosts of the nodes, or how many on this machine', '1')
    .option('--clients <hosts>', 'hosts of the clients, likewise', '1')
    .option('--rounds <count>', 'times that each point is run (default: 1)', wholeNumber)
  return addClusterOptions(command)
    .allowExcessArguments(false)
    .action((given: SweepArguments) => benchSweep(given, version))
}

async function benchSweep({ vary, rounds = 1, ...given }: SweepArguments, version: string): Promise<void> {
  await prepareFiles(given)
  const [{ parseAxes }, { runSweep }, { writeSweep }, { sweepReport }, { requireInteger }] = await Promise.all([
    import('../bench/sweep/axes.ts'),
    import('../bench/sweep/run-sweep.ts'),
    import('../bench/sweep/sweep-summary.ts'),
    import('../bench/sweep/sweep-report.ts'),
    import('../bench/run/require-integer.ts'),
  ])
  requireInteger('--rounds', rounds, 1, ROUNDS_MAX)
  const axes = parseAxes(vary)
  const terminal = benchTerminal(given)
  const run = await clusterRunner(given, version, terminal.progress)
  const result = await interruptible((signal) =>
    runSweep({
      given: clusterOptionsOf(given),
      axes,
      rounds,
      runPoint: (options) => run(options, signal),
      output: terminal.progress,
      signal,
    }),
  )
  writeSweep(result, terminal.result)
  await writeFiles(given, result, (command) => sweepReport(result, command), terminal.result)
  const runs = result.points.flatMap((point) => point.runs)
  process.exitCode = exitCodeOf({
    mismatches: runs.reduce((sum, { mismatches }) => sum + mismatches, 0),
    isInterrupted: result.isInterrupted,
    hasFailed: result.failures.length > 0 || runs.some(({ failure }) => failure !== null),
  })
}
