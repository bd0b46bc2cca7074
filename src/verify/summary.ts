// A verdict for people, and for programs.

import type { CheckResult } from './check-history.ts'
import type { History } from './history.ts'
import { keyText, operationText } from './operation-text.ts'
import { RULES } from './rules.ts'

const RESULT_FORMAT_VERSION = 1

/** What the history exercised, and the verdict last. */
export function summaryLines(result: CheckResult, history: History): string[] {
  const { exercise } = result
  const count = (value: number): string => value.toLocaleString('en-US')
  const lines = [
    `${count(exercise.operations)} operations, ${count(exercise.keys)} keys, ${count(exercise.clients)} clients`,
    `done ${count(exercise.done)}, unmet ${count(exercise.unmet)}, unknown ${count(exercise.unknown)}, ` +
      `not done ${count(exercise.notDone)}, wipes ${count(exercise.wipes)}`,
    `greatest concurrency on one key: ${count(exercise.concurrencyMax)}`,
    `judged by zones ${count(result.zoneKeys)} keys, by search ${count(result.searchedKeys)}; ` +
      `${count(result.versionedOperations)} versions compared${history.evicts ? '; records may vanish' : ''}`,
  ]
  if (exercise.concurrencyMax <= 1) {
    lines.push('No two operations on one key were under way together: this history proves nothing about concurrency.')
  }
  return [...lines, verdictText(result)]
}

function verdictText({ outcome, brokenKeys, unknownKeys }: CheckResult): string {
  const unknown = unknownKeys === 0 ? '' : `; ${unknownKeys} keys could not be judged in the time and memory given`
  if (outcome === 'NOT') return `NOT LINEARIZABLE: ${brokenKeys} keys${unknown}`
  return `${outcome}${unknown}`
}

/** The verdict as plain data. Longs are text, since JSON has no such numbers. */
export function resultJson(result: CheckResult, history: History): object {
  const { violations, ...rest } = result
  return {
    format: 'sluice-verdict',
    formatVersion: RESULT_FORMAT_VERSION,
    ...rest,
    violations: violations.map(({ key, checker, rule, operations, operationsOfKey }) => ({
      key: keyText(history.keyBytes[key] ?? new Uint8Array(0)),
      checker,
      rule,
      meaning: RULES[rule],
      operationsOfKey,
      operations: Array.from({ length: operations.count }, (_, index) => {
        const returnedNs = operations.returnedNs[index] as number
        return {
          client: operations.clients[index],
          text: operationText(operations, index),
          invokedNs: absoluteNs(history, operations.invokedNs[index] as number),
          returnedNs: returnedNs === Number.POSITIVE_INFINITY ? null : absoluteNs(history, returnedNs),
        }
      }),
    })),
  }
}

function absoluteNs(history: History, relativeNs: number): string {
  return String((history.baseNs ?? 0n) + BigInt(relativeNs))
}
