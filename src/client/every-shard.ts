// Calls that go to every shard, each at its own time, and are one call to their caller.

import { operationRow } from '../protocol/operations.ts'
import { SluiceError } from '../util/errors.ts'
import type { CallOptions } from './call-limits.ts'
import type { Calls } from './calls.ts'
import type { Dispatcher } from './dispatcher.ts'

/** What each shard answers. Rejects when some did not, and says which. */
export async function ofEveryShard(
  dispatcher: Dispatcher,
  calls: Calls,
  want: number,
  code: number,
  options: CallOptions | undefined,
): Promise<unknown[]> {
  const { shards } = dispatcher.topology
  const settled = await Promise.allSettled(shards.map(({ id }) => calls.ofShard(want, code, id, {}, options)))
  const answers: unknown[] = []
  const failures: string[] = []
  let cause: unknown
  for (const [index, outcome] of settled.entries()) {
    if (outcome.status === 'fulfilled') {
      answers.push(outcome.value)
    } else {
      cause ??= outcome.reason
      failures.push(`${shards[index]?.id} (${outcome.reason.message})`)
    }
  }
  if (!(cause instanceof SluiceError)) return answers
  const isNotDone =
    operationRow(code)?.isWrite === false ||
    settled.every((outcome) => outcome.status === 'rejected' && outcome.reason.fate === 'not-done')
  const message = `${failures.length} of ${shards.length} shards failed: ${failures.join(', ')}`
  throw new SluiceError(cause.code, message, { cause, fate: isNotDone ? 'not-done' : 'unknown' })
}
