// `sluice bench cluster`: options, signals, files and the exit code around a benchmark over several hosts.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import type { GivenClusterOptions } from '../bench/cluster/cluster-options.ts'
import type { ClusterResult } from '../bench/cluster/cluster-result.ts'
import type { BenchOutput } from '../bench/run/output.ts'
import { systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
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

/** Options of a run over several hosts, as the command line has them. */
export interface ClusterArguments
  extends Omit<GivenClusterOptions, 'valueHistogram'>,
    WorkloadArguments,
    OutputArguments {
  readonly ssh?: string
  readonly remoteCommand?: string
  readonly logs?: string
}

/** Folder of the logs in that of the report. */
const LOGS_FOLDER = 'logs'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

/** The subcommand. */
export function benchClusterCommand(version: string): Command {
  const command = new Command('cluster')
    .description(
      'Measures a cluster: starts nodes and clients on hosts over ssh, or on this machine, checks every reply, and stops ' +
        'all that it started.',
    )
    .requiredOption('--servers <hosts>', 'hosts of the nodes, h1,user@h2,h3=10.0.0.3, or how many on this machine')
    .requiredOption('--clients <hosts>', 'hosts of the clients, likewise')
  return addClusterOptions(command)
    .allowExcessArguments(false)
    .action((given: ClusterArguments) => benchCluster(given, version))
}

/** Adds all options of a run but its hosts. */
export function addClusterOptions(command: Command): Command {
  command
    .option('--threads <count>', "shard threads of each node (default: its share of the machine's cores)", wholeNumber)
    .option('--client-threads <count>', 'client threads of each client host (default: likewise)', wholeNumber)
    .option(
      '--batch <operations>',
      'operations of a client batch (default: 1024 for each shard thread of the cluster, less for large values)',
      wholeNumber,
    )
    .option('--window <batches>', 'batches in flight of each client thread (default: 2)', wholeNumber)
    .option('--rate <operations>', 'operations started a second, answered or not (default: no limit)', wholeNumber)
    .option('--seconds <count>', 'seconds measured, after load and warm-up (default: 10)', wholeNumber)
    .option('--seed <number>', 'where the sequences of operations start (default: 1)', wholeNumber)
    .option('--ssh <command>', "how hosts are reached, such as 'ssh -p 2222 -F file' (default: ssh)")
    .option('--remote-command <command>', "Sluice on other hosts, such as 'npx sluice' (default: this very file)")
    .option('--logs <folder>', `a log of each host (default: ${LOGS_FOLDER} in the folder of --report, or none)`)
  return addOutputOptions(addWorkloadOptions(command))
}

/** What runs a cluster, given its options. */
export type RunCluster = (options: GivenClusterOptions, signal: AbortSignal) => Promise<ClusterResult>

/** How runs are made from what the command line says. */
export async function clusterRunner(
  { report, ssh, remoteCommand, logs }: ClusterArguments,
  version: string,
  output: BenchOutput,
): Promise<RunCluster> {
  const [{ runCluster }, { agentCommands }, { splitWords }] = await Promise.all([
    import('../bench/cluster/run-cluster.ts'),
    import('../bench/cluster/agent-command.ts'),
    import('../bench/cluster/shell-words.ts'),
  ])
  const command = ssh === undefined ? undefined : splitWords(ssh)
  return (options, signal) =>
    runCluster({
      options,
      commands: agentCommands([process.execPath, MAIN], command, remoteCommand),
      logs: logs ?? (report === undefined ? undefined : join(report, LOGS_FOLDER)),
      version,
      output,
      signal,
      clock: systemClock,
    })
}

/** The options of a run among all that were given. */
export function clusterOptionsOf(given: ClusterArguments): GivenClusterOptions {
  const {
    json: _json,
    report: _report,
    quiet: _quiet,
    progress: _progress,
    ssh: _ssh,
    remoteCommand: _remoteCommand,
    logs: _logs,
    valueHistogram,
    ...options
  } = given
  return { ...options, ...workloadOf(valueHistogram === undefined ? {} : { valueHistogram }) }
}

async function benchCluster(given: ClusterArguments, version: string): Promise<void> {
  await prepareFiles(given)
  const [{ writeClusterSummary }, { clusterReport }] = await Promise.all([
    import('../bench/cluster/cluster-summary.ts'),
    import('../bench/cluster/cluster-report.ts'),
  ])
  const terminal = benchTerminal(given)
  const run = await clusterRunner(given, version, terminal.progress)
  const result = await interruptible((signal) => run(clusterOptionsOf(given), signal)).catch(interruptedEarly)
  if (result === undefined) return
  writeClusterSummary(result, terminal.result)
  await writeFiles(given, result, (command) => clusterReport(result, command), terminal.result)
  const { mismatches, interruptedIn, failure } = result
  process.exitCode = exitCodeOf({ mismatches, isInterrupted: interruptedIn !== null, hasFailed: failure !== null })
}

/** There is no result when it was interrupted before the first phase; any other error is the caller's. */
function interruptedEarly(error: unknown): undefined {
  if (!(error instanceof SluiceError && error.code === 'CANCELLED')) throw error
  console.error(`sluice: ${error.message}`)
  process.exitCode = exitCodeOf({ mismatches: 0, isInterrupted: true, hasFailed: false })
}
