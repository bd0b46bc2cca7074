// One benchmark, from the check of its memory to its result: starts a server unless it is given one, then client
// threads, and leads them through the phases. This thread only watches: a control client reads the server's counters.
//
//   load      every record is stored once and the reply checked
//   warm-up   the workload, not measured
//   run       the workload, measured

import { type Client, connect } from '../../client/index.ts'
import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { type Server, startServer } from '../../server/index.ts'
import { systemClock } from '../../util/clock.ts'
import { ClientThreads } from '../load/client-threads.ts'
import { WORKLOADS } from '../workload/workload.ts'
import { zipfParameters } from '../workload/zipf.ts'
import { readEnvironment } from './environment.ts'
import { type MemoryPlan, planMemory, requireMemory } from './memory-plan.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import { runPhases } from './phases.ts'
import { type BenchResult, benchResult } from './result.ts'
import { headline } from './summary.ts'

/**
 * Runs a benchmark. When `signal` aborts, it ends after the batches in flight, and the result is partial.
 * Rejects with INVALID_ARGUMENT when the run cannot fit in memory, and with the client's or server's error when
 * one fails; then nothing is left running.
 */
export async function runBench(options: BenchOptions, output: BenchOutput, signal: AbortSignal): Promise<BenchResult> {
  const plan = planMemory(options)
  requireMemory(plan, process.availableMemory())
  output.line(output.styled('strong', headline(options)))
  if (options.target !== undefined) return runAgainst(options.target, options, output, signal)

  const server = await startEmbedded(options, plan)
  let failure: unknown
  server.closed.catch((error: unknown) => {
    failure = error
  })
  try {
    return await runAgainst(server.address, options, output, signal)
  } catch (error) {
    // The clients only see lost connections; the server knows why.
    throw failure ?? error
  } finally {
    await server.close()
  }
}

function startEmbedded(options: BenchOptions, plan: MemoryPlan): Promise<Server> {
  const { threads = 1 } = options
  const shards = threads * plan.shardsPerThread
  return startServer({ threads, shards, memoryBytesMax: shards * MEMORY_BYTES_MAX })
}

async function runAgainst(
  address: string,
  options: BenchOptions,
  output: BenchOutput,
  signal: AbortSignal,
): Promise<BenchResult> {
  const environment = readEnvironment()
  const control: Client = await connect(address)
  try {
    const clients = await ClientThreads.start(options.clients, {
      address,
      zipf: zipfParameters(options.records, options.theta),
      valueBytes: options.valueBytes,
      readShare: WORKLOADS[options.workload],
      seed: options.seed,
      batch: options.batch,
      loadBatch: options.loadBatch,
      window: options.window,
    })
    try {
      const measured = await runPhases({ options, clients, control, output, signal, clock: systemClock })
      await clients.close()
      return benchResult({ ...measured, options, environment })
    } finally {
      await clients.destroy()
    }
  } finally {
    await control.close()
  }
}
