// `sluice bench compare`: Sluice beside other systems, on this machine.

import { Command } from 'commander'
import type { GivenCompareOptions } from '../bench/compare/options.ts'
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
import { wholeNumber } from './numbers.ts'

type CompareArguments = Omit<GivenCompareOptions, 'valueHistogram'> & WorkloadArguments & OutputArguments

/** The subcommand. */
export function benchCompareCommand(): Command {
  const command = new Command('compare').description(
    'Measures Sluice and other systems side by side on this machine, round by round in turns, with the same operations ' +
      'and the same checks. Starts all of them; nothing is pinned to a core.',
  )
  addWorkloadOptions(command)
    .option(
      '--systems <names>',
      'of sluice, sluice-promises, sluice-embedded, redis, valkey, memcached, memcached-text; ' +
        'the first is what the others are measured against (default: sluice,redis,memcached)',
    )
    .option('--cases <names>', 'of batched, pipelined, single, large (default: batched,single)')
    .option('--rounds <count>', 'times that each system runs (default: 5)', wholeNumber)
    .option('--seconds <count>', 'seconds of each time (default: 3)', wholeNumber)
    .option('--threads <count>', 'threads that serve, of systems that have a choice (default: 1)', wholeNumber)
    .option('--clients <count>', 'client threads (default: 1)', wholeNumber)
    .option('--seed <number>', 'where the sequences of operations start (default: 1)', wholeNumber)
  return addOutputOptions(command).allowExcessArguments(false).action(benchCompare)
}

async function benchCompare(given: CompareArguments): Promise<void> {
  await prepareFiles(given)
  const [{ resolveCompareOptions }, { compare }, { writeComparison }, { compareReport }] = await Promise.all([
    import('../bench/compare/options.ts'),
    import('../bench/compare/compare.ts'),
    import('../bench/compare/compare-summary.ts'),
    import('../bench/compare/compare-report.ts'),
  ])
  const terminal = benchTerminal(given)
  const options = resolveCompareOptions({ ...given, ...workloadOf(given) })
  const result = await interruptible((signal) => compare(options, terminal.progress, signal))
  writeComparison(result, terminal.result)
  await writeFiles(given, result, (command) => compareReport(result, command), terminal.result)
  const contenders = result.cases.flatMap((each) => each.contenders)
  process.exitCode = exitCodeOf({
    mismatches: contenders.reduce((sum, { mismatches }) => sum + mismatches, 0),
    isInterrupted: result.isInterrupted,
    hasFailed: result.failure !== null || contenders.some(({ failure }) => failure !== null),
  })
}
