// A group of operations of which all take effect at one instant, or none.

import { ATOMIC_OPS_MAX } from '../protocol/limits.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { SluiceError } from '../util/errors.ts'
import type { GroupMember } from './batch-builder.ts'
import type { BatchResults } from './batch-results.ts'
import type { Dispatcher, SendOptions } from './dispatcher.ts'
import { type Bytes, OperationList } from './operation-list.ts'

/** Bytes of all keys and values of a group: it travels in one frame. */
const GROUP_BYTES_MAX = 12 * 1024 * 1024

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
  readonly #members: GroupMember[] = []
  #bytes = 0
  #isSent = false

  /** @internal */
  constructor(dispatcher: Dispatcher, withVersions: boolean) {
    super(() => dispatcher.clock.nowMs())
    this.#dispatcher = dispatcher
    this.#withVersions = withVersions
  }

  /** Operations in the group. */
  get size(): number {
    return this.#members.length
  }

  /**
   * Sends the group. Resolves also when it did not take effect because of its operations. Rejects with INVALID_ARGUMENT
   * when it is empty or its keys do not belong to one shard, NO_MEMORY or VALUE_TOO_LARGE when the shard had no room for
   * it or it was too much work at once, and as `Batch.send`.
   */
  async send(options: SendOptions = {}): Promise<AtomicOutcome> {
    if (this.#isSent) throw invalid('the atomic batch was sent')
    this.#isSent = true
    if (this.#members.length === 0) throw invalid('an atomic batch has at least one operation')
    const builder = this.#dispatcher.open()
    builder.appendGroup(this.#shard(), this.#members)
    const results = await this.#dispatcher.sendBatch(builder, options)
    const failure = results.error(0)
    if (failure !== undefined && failure.code !== 'ABORTED') throw failure
    return { committed: failure === undefined, results }
  }

  protected override appendOperation(code: number, key: Bytes, fields: OperationFields): number {
    if (this.#isSent) throw invalid('the atomic batch was sent')
    if (this.#members.length === ATOMIC_OPS_MAX)
      throw invalid(`an atomic batch has at most ${ATOMIC_OPS_MAX} operations`)
    const value = fields.value ?? ''
    const bytes = sizeOf(key) + sizeOf(value)
    if (this.#bytes + bytes > GROUP_BYTES_MAX) {
      throw new SluiceError(
        'VALUE_TOO_LARGE',
        `an atomic batch has at most ${GROUP_BYTES_MAX} bytes of keys and values`,
      )
    }
    const kept = fields.value === undefined ? {} : { value: keep(value) }
    const withVersion = this.#withVersions && fields.withExpiry !== true
    this.#members.push({ code, fields: { ...fields, ...kept, key: keep(key), withVersion } })
    this.#bytes += bytes
    return this.#members.length
  }

  #shard(): number {
    const keys = this.#members.map(({ fields }) => fields.key ?? '')
    const shards = keys.map((key) => this.#dispatcher.shardOf(key))
    const other = shards.findIndex((shard) => shard !== shards[0])
    if (other === -1) return shards[0] as number
    throw invalid(
      `the keys of an atomic batch must belong to one shard: ${name(keys[0])} and ${name(keys[other])} do not; ` +
        'the same {tag} in them puts keys together',
    )
  }
}

function keep(bytes: Bytes): Bytes {
  return typeof bytes === 'string' ? bytes : bytes.slice()
}

/** At least as many bytes as the text takes. */
function sizeOf(bytes: Bytes): number {
  return typeof bytes === 'string' ? bytes.length * 3 : bytes.length
}

function name(key: Bytes | undefined): string {
  return JSON.stringify(typeof key === 'string' ? key : Buffer.from(key ?? []).toString('latin1'))
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
