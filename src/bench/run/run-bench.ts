// One benchmark, from the check of its memory to its result: starts a server unless it is given one, then client
// threads, and leads them through the phases. This thread only watches.

import { connect } from '../../client/index.ts'
import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { startServer } from '../../server/index.ts'
import { assert } from '../../util/assert.ts'
import { systemClock } from '../../util/clock.ts'
import type { DriverSpec } from '../drivers/driver.ts'
import { ClientThreads } from '../load/client-threads.ts'
import { readEnvironment } from './environment.ts'
import { type MemoryPlan, planMemory, requireMemory } from './memory-plan.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import { runPhases } from './phases.ts'
import { connectLine } from './progress.ts'
import { type BenchResult, benchResult } from './result.ts'
import { noProbe, type ServerProbe, sluiceProbe } from './server-probe.ts'
import { headline } from './summary.ts'
import { messageOf, plural } from './text.ts'

type SluiceKind = 'sluice-batch' | 'sluice-promises'

/** What a run is aimed at. Whoever opened it closes it. */
interface Target {
  readonly driver: DriverSpec
  readonly probe: ServerProbe
  /** Why it ended by itself, if it did. */
  readonly failure: () => unknown
  close(): Promise<void>
}

/**
 * Runs a benchmark. When `signal` aborts, it ends after the batches in flight, and the result is partial.
 * Rejects with INVALID_ARGUMENT when the run cannot fit in memory, and with the client's or server's error when
 * one cannot start; then nothing is left running. What fails later is in the result.
 */
export async function runBench(options: BenchOptions, output: BenchOutput, signal: AbortSignal): Promise<BenchResult> {
  const plan = planMemory(options)
  requireMemory(plan, process.availableMemory())
  output.line(output.styled('strong', headline(options)))
  const environment = readEnvironment()
  const startMs = systemClock.monotonicMs()
  const target = await openTarget(options, plan)
  try {
    const { clients: count, workload, seed, batch, loadBatch, window, opsPerSecond } = options
    const clients = await ClientThreads.start(count, {
      clientCount: count,
      driver: target.driver,
      workload,
      seed,
      batch,
      loadBatch,
      window,
      opsPerSecond: opsPerSecond / count,
    })
    try {
      output.line(connectLine(systemClock.monotonicMs() - startMs, plural(count, 'client thread')))
      const parts = { options, clients, probe: target.probe, output, signal, clock: systemClock }
      const outcome = await runPhases(parts)
      if (outcome.failure === null) await clients.close()
      // The clients only see lost connections; the server knows why.
      const failure = outcome.failure === null ? null : messageOf(target.failure() ?? outcome.failure)
      return benchResult({ ...outcome, failure, options, environment, serverThreads: target.probe.threads })
    } finally {
      await clients.destroy()
    }
  } finally {
    await target.close()
  }
}

function openTarget(options: BenchOptions, plan: MemoryPlan): Promise<Target> | Target {
  const { driver: kind, target } = options
  if (kind === 'sluice-embedded') return unwatched({ kind, memoryBytesMax: MEMORY_BYTES_MAX })
  if (kind === 'sluice-batch' || kind === 'sluice-promises') {
    return target === undefined ? openOwn(kind, options, plan) : openSluice(kind, target.split(','))
  }
  assert(target !== undefined, 'other systems are not started here')
  return unwatched({ kind, address: target })
}

/** Of which nothing is known but what its clients see. */
function unwatched(driver: DriverSpec): Target {
  return { driver, probe: noProbe(systemClock), failure: () => undefined, close: async () => {} }
}

/** A server of its own, in this process. */
async function openOwn(kind: SluiceKind, { threads }: BenchOptions, plan: MemoryPlan): Promise<Target> {
  const shards = threads * plan.shardsPerThread
  const server = await startServer({ threads, shards, memoryBytesMax: shards * MEMORY_BYTES_MAX })
  let failure: unknown
  server.closed.catch((error: unknown) => {
    failure = error
  })
  try {
    const opened = await openSluice(kind, [server.address])
    const close = async (): Promise<void> => {
      await opened.close()
      await server.close()
    }
    return { ...opened, failure: () => failure, close }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function openSluice(kind: SluiceKind, addresses: readonly string[]): Promise<Target> {
  // Of a server that is gone nothing is known: waiting for it would delay the end of the run.
  const control = await connect(addresses, { whenDisconnected: 'fail' })
  try {
    const probe = await sluiceProbe(control, systemClock)
    return {
      driver: { kind, addresses },
      probe,
      failure: () => undefined,
      close: async () => control.destroy(),
    }
  } catch (error) {
    control.destroy()
    throw error
  }
}
