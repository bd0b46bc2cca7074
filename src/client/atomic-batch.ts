// A group of operations of which all take effect at one instant, or none.

import { ATOMIC_OPS_MAX, FRAME_BYTES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { OPERATIONS_START, SectionWriter } from '../protocol/section-writer.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import type { BatchResults } from './batch-results.ts'
import type { Dispatcher, SendOptions } from './dispatcher.ts'
import { type Bytes, keep, OperationList } from './operation-list.ts'
import { checkTimeout } from './options.ts'

/** Bytes of an operation beside its key and value, at most. */
const OPERATION_BYTES_MAX = 64

/** Bytes of a group's operations: it travels in one frame, and a frame has other bytes too. */
const GROUP_BYTES_MAX = 12 * 1024 * 1024
assert(GROUP_BYTES_MAX < FRAME_BYTES_MAX, 'a group fits a frame')
assert(GROUP_BYTES_MAX > VALUE_BYTES_MAX + KEY_BYTES_MAX, 'the largest record fits a group')

/** What became of an atomic batch. */
export interface AtomicOutcome {
  /**
   * Whether the operations took effect. If not, a condition did not hold (`results.met` of its operation is false) or an
   * operation failed (`results.error` of it says why), and nothing has changed.
   */
  readonly committed: boolean
  /** By the indexes that the operations' methods returned. */
  readonly results: BatchResults
}

/**
 * An atomic group, made by `client.atomic()`. All keys must belong to one shard: `{tag}` in them puts keys together.
 * Conditions are checked first, against what was there before the group.
 *
 * ```ts
 * const transfer = client.atomic()
 * transfer.add('{bank}:ada', -10)
 * transfer.add('{bank}:bob', 10)
 * const { committed } = await transfer.send()
 * ```
 */
export class AtomicBatch extends OperationList {
  readonly #dispatcher: Dispatcher
  readonly #withVersions: boolean
  /** Encoded as they are appended, so that what cannot be sent is refused at once. */
  readonly #writer = new SectionWriter()
  /** Where each operation ends in the writer. */
  readonly #ends: number[] = []
  readonly #keys: Bytes[] = []
  #isSent = false

  /** @internal */
  constructor(dispatcher: Dispatcher, withVersions: boolean) {
    super(() => dispatcher.clock.nowMs())
    this.#dispatcher = dispatcher
    this.#withVersions = withVersions
  }

  /** Operations in the group. */
  get size(): number {
    return this.#ends.length
  }

  /**
   * Sends the group. Resolves also when it did not take effect because of its operations. Rejects with INVALID_ARGUMENT
   * when it is empty, was sent before, or has keys of several shards; with NO_MEMORY or VALUE_TOO_LARGE when the shard had
   * no room for it or it was too much work at once; and as `Batch.send`.
   */
  async send(options: SendOptions = {}): Promise<AtomicOutcome> {
    this.#checkUnsent()
    if (this.#ends.length === 0) throw invalid('an atomic batch has at least one operation')
    if (options.timeoutMs !== undefined) checkTimeout(options.timeoutMs)
    const shard = this.#shard()
    this.#isSent = true
    const builder = this.#dispatcher.open()
    builder.appendGroup(shard, this.#writer.buffer, this.#ends)
    const results = await this.#dispatcher.sendBatch(builder, options)
    const failure = results.error(0)
    if (failure !== undefined && failure.code !== 'ABORTED') throw failure
    return { committed: failure === undefined, results }
  }

  protected override appendOperation(code: number, key: Bytes, fields: OperationFields): number {
    this.#checkUnsent()
    if (this.#ends.length === ATOMIC_OPS_MAX) {
      throw invalid(`an atomic batch has at most ${ATOMIC_OPS_MAX} operations`)
    }
    const writer = this.#writer
    const end = writer.end + OPERATION_BYTES_MAX + byteCount(key) + byteCount(fields.value ?? '')
    if (end > OPERATIONS_START + GROUP_BYTES_MAX) throw invalid(`an atomic batch has at most ${GROUP_BYTES_MAX} bytes`)
    const withVersion = this.#withVersions && fields.withExpiry !== true
    writer.appendOperation(code, { ...fields, key, withVersion })
    this.#keys.push(keep(key))
    return this.#ends.push(writer.end)
  }

  #checkUnsent(): void {
    if (this.#isSent) throw invalid('the atomic batch was sent')
  }

  #shard(): number {
    const keys = this.#keys
    const shards = keys.map((key) => this.#dispatcher.shardOf(key))
    const other = shards.findIndex((shard) => shard !== shards[0])
    if (other === -1) return shards[0] as number
    throw invalid(
      `the keys of an atomic batch must belong to one shard: ${name(keys[0])} and ${name(keys[other])} do not; ` +
        'the same {tag} in them puts keys together',
    )
  }
}

/** Bytes of text or bytes. A key or value that is too long for itself is not weighed, but refused where it is encoded. */
function byteCount(bytes: Bytes): number {
  const count = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  return count > VALUE_BYTES_MAX ? 0 : count
}

function name(key: Bytes | undefined): string {
  return JSON.stringify(typeof key === 'string' ? key : Buffer.from(key ?? []).toString('latin1'))
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
