// A whole comparison: one case after the other, each with systems of its own.

import { readEnvironment } from '../run/environment.ts'
import { requireMemory } from '../run/memory-plan.ts'
import type { BenchOutput } from '../run/output.ts'
import { messageOf } from '../run/text.ts'
import { describeWorkload } from '../workload/resolve-workload.ts'
import type { CaseResult, CompareResult } from './compare-result.ts'
import { type CompareOptions, planRecords, setupFor } from './options.ts'
import { runCase } from './run-case.ts'

/**
 * Compares. When `signal` aborts, the result is partial. Rejects with INVALID_ARGUMENT when a case does not fit in memory,
 * and when a system of the first case cannot be started; then none is left running. What fails later is in the result.
 */
export async function compare(
  options: CompareOptions,
  output: BenchOutput,
  signal: AbortSignal,
): Promise<CompareResult> {
  const { cases: given, contenders, clients, rounds, seconds: secondsPerRound, seed, threads, workloadOf } = options
  for (const compareCase of given) {
    const records = planRecords(workloadOf(compareCase), contenders.length)
    requireMemory({ items: [records], totalBytes: records.bytes }, process.availableMemory())
  }
  const environment = readEnvironment()
  const cases: CaseResult[] = []
  let failure: string | null = null
  for (const compareCase of given) {
    if (signal.aborted) break
    const workload = workloadOf(compareCase)
    output.line(output.styled('strong', `${compareCase.name}: ${describeWorkload(workload)}; ${compareCase.title}`))
    const setup = setupFor(workload, threads)
    const parts = { compareCase, contenders, workload, setup, clients, rounds, secondsPerRound, seed, output, signal }
    try {
      cases.push(await runCase(parts))
    } catch (error) {
      // What was measured in other cases stands.
      if (cases.length === 0) throw error
      failure = `${compareCase.name}: ${messageOf(error)}`
      break
    }
  }
  return { environment, clients, rounds, secondsPerRound, isInterrupted: signal.aborted, failure, cases }
}
