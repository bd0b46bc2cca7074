// `sluice bench predict`: what a cluster of some size would do, from costs measured on another machine.

import { Command } from 'commander'
import type { GivenPredictOptions } from '../bench/predict/predict-options.ts'
import { benchTerminal, prepareFiles, writeFiles } from './bench-options.ts'
import { readJson } from './input-files.ts'
import { decimalNumber, wholeNumber } from './numbers.ts'

interface PredictArguments extends Omit<GivenPredictOptions, 'costs'> {
  /** File with the result of a benchmark. */
  readonly costs?: string
  readonly json?: string
  readonly report?: string
}

/** The subcommand. */
export function benchPredictCommand(): Command {
  const command = new Command('predict').description(
    'Predicts the throughput of servers x clients from measured costs, and what limits it. Nothing is run. Defaults: the ' +
      'sizes and machines of the reference report, the costs in docs/BENCHMARKS.md.',
  )
  addClusterOptions(command)
  addCostOptions(command)
  return command
    .option('--batch <operations>', 'operations of a client batch (default: as measured, 8192)', wholeNumber)
    .option('--frame-ops <operations>', 'operations of a batch for each shard thread, instead of --batch', wholeNumber)
    .option('--window <batches>', 'batches in flight of each client thread (default: 2)', wholeNumber)
    .option('--records <count>', 'records (default: as measured, 1000000)', wholeNumber)
    .option('--theta <number>', 'skew of zipf, 0 is uniform (default: as measured, 0.99)', decimalNumber)
    .option('--read-share <number>', 'part of the operations that read (default: as measured, 0.95)', decimalNumber)
    .option('--value-bytes <count>', 'bytes of values (default: as measured, 128)', wholeNumber)
    .option('--no-repeats', 'answer repeated reads in full')
    .option('--json <file>', 'write the predictions there as JSON')
    .option('--report <folder>', 'write a page to look at there, and its data as JSON, CSV and Markdown')
    .allowExcessArguments(false)
    .action(predictAndShow)
}

function addClusterOptions(command: Command): Command {
  return command
    .option('--servers <counts>', 'server machines, such as 1,2,4', wholeNumbers)
    .option('--clients <counts>', 'client machines, each with each number of servers', wholeNumbers)
    .option('--server-cores <count>', 'cores of a server machine (default: 8)', wholeNumber)
    .option('--client-cores <count>', 'cores of a client machine (default: 8)', wholeNumber)
    .option('--server-share <number>', 'part of them for shard threads (default: 0.875)', decimalNumber)
    .option('--client-share <number>', 'part of them for client threads (default: 0.875)', decimalNumber)
    .option('--shared-cores <count>', 'all servers and clients, of one thread each, on so many cores', wholeNumber)
    .option('--gbits <number>', 'network of each machine and direction, Gbit/s (default: 10)', decimalNumber)
    .option('--mtu <bytes>', 'largest IP packet (default: 1500)', wholeNumber)
    .option('--packet-overhead <bytes>', 'Ethernet, IP and TCP of each packet (default: 90)', wholeNumber)
    .option('--round-trip-us <number>', 'microseconds to and fro for a small frame (default: 100)', decimalNumber)
}

function addCostOptions(command: Command): Command {
  return command
    .option('--costs <file>', 'the JSON result of `sluice bench`; its workload and batch become the defaults')
    .option('--speed <number>', 'how fast a core is, relative to the one measured (default: 1)', decimalNumber)
    .option('--server-ns <number>', 'processor time of a shard thread for an operation, less its frame', decimalNumber)
    .option('--client-ns <number>', 'the same of a client thread', decimalNumber)
    .option('--server-frame-ns <number>', 'processor time of a shard thread for a frame', decimalNumber)
    .option('--client-frame-ns <number>', 'the same of a client thread', decimalNumber)
    .option('--request-bytes <number>', 'bytes of an operation in requests (default: computed)', decimalNumber)
    .option('--reply-bytes <number>', 'bytes of an operation in replies (default: computed)', decimalNumber)
}

async function predictAndShow(all: PredictArguments): Promise<void> {
  const { costs: file, json: _json, report: _report, ...given } = all
  await prepareFiles(all)
  const [{ costsOfResult }, { resolvePredictOptions }, { predict }, { predictResult, writePredictions }, reports] =
    await Promise.all([
      import('../bench/predict/costs.ts'),
      import('../bench/predict/resolve-options.ts'),
      import('../bench/predict/predict.ts'),
      import('../bench/predict/predict-summary.ts'),
      import('../bench/predict/predict-report.ts'),
    ])
  const costs = file === undefined ? {} : { costs: costsOfResult(readJson(file), file) }
  const options = resolvePredictOptions({ ...given, ...costs })
  const predictions = predict(options)
  const { result: output } = benchTerminal({})
  writePredictions(predictions, options, output)
  const reportOf = (command: string) => reports.predictReport(predictions, options, command)
  await writeFiles(all, predictResult(predictions, options), reportOf, output)
}

/** `1,2,4`. */
function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber)
}
