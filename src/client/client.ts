// The client: promise calls and batches over one set of connections. It holds no logic of its own; calls go to the
// batcher of their lane, batches to the dispatcher.

import type { Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'
import { Batch, type BatchOptions } from './batch.ts'
import type { Dispatcher } from './dispatcher.ts'

/** The counters of one shard thread, by the names that its server gives them. */
export type ThreadStats = Readonly<Record<string, unknown>>

/**
 * A connected client, made by `connect`.
 *
 * ```ts
 * const client = await connect('127.0.0.1:7000')
 * await client.set('greeting', 'hello')
 * await client.getString('greeting') // 'hello'
 * await client.close()
 * ```
 *
 * Keys have 1 to 65,535 bytes, values 0 to 8 MiB; text is sent as UTF-8. Calls made in the same turn share a frame:
 * make many at once (`Promise.all`, many callers) rather than one after the other, or use `batch()`. Calls on one shard
 * run in the order in which they were made, batches included; between shards there is no order.
 *
 * Every call rejects with a `SluiceError`: KEY_TOO_LARGE, VALUE_TOO_LARGE or INVALID_ARGUMENT before anything is sent;
 * NO_MEMORY when the shard is full; NOT_EXECUTED when the server kept refusing; DISCONNECTED or PROTOCOL when the
 * connection was lost; CLOSED after `close` or `destroy`. Its `fate` tells whether the operation took effect. A lost
 * connection is not opened again: connect a new client.
 */
export class Client {
  readonly #dispatcher: Dispatcher

  /** @internal */
  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher
  }

  /** The topology by which operations are routed now. */
  get topology(): Topology {
    return this.#dispatcher.topology
  }

  /** The value under the key, or undefined when there is none. The bytes are the caller's own. */
  get(key: string | Uint8Array): Promise<Uint8Array | undefined> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason !== undefined) return Promise.reject(dispatcher.closeReason)
    const shard = dispatcher.shardOf(key)
    return dispatcher.batcherOf(shard).get(shard, key)
  }

  /** The value as text, or undefined when there is none. A malformed UTF-8 sequence becomes U+FFFD. */
  getString(key: string | Uint8Array): Promise<string | undefined> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason !== undefined) return Promise.reject(dispatcher.closeReason)
    const shard = dispatcher.shardOf(key)
    return dispatcher.batcherOf(shard).getString(shard, key)
  }

  /** Writes a record, new or over the old one. The value is copied before this returns. */
  set(key: string | Uint8Array, value: string | Uint8Array): Promise<void> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason !== undefined) return Promise.reject(dispatcher.closeReason)
    const shard = dispatcher.shardOf(key)
    return dispatcher.batcherOf(shard).set(shard, key, value)
  }

  /** Deletes a record; whether there was one. */
  delete(key: string | Uint8Array): Promise<boolean> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason !== undefined) return Promise.reject(dispatcher.closeReason)
    const shard = dispatcher.shardOf(key)
    return dispatcher.batcherOf(shard).delete(shard, key)
  }

  /** Whether there is a record under the key. */
  exists(key: string | Uint8Array): Promise<boolean> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason !== undefined) return Promise.reject(dispatcher.closeReason)
    const shard = dispatcher.shardOf(key)
    return dispatcher.batcherOf(shard).exists(shard, key)
  }

  /** An empty batch: the fast way to send many operations. Throws CLOSED after `close` or `destroy`. */
  batch(options?: BatchOptions): Batch {
    if (this.#dispatcher.closeReason !== undefined) throw this.#dispatcher.closeReason
    return new Batch(this.#dispatcher, options)
  }

  /**
   * Resolves when no connection has more than `queueBytesMax` bytes waiting to be sent. Whoever makes calls without
   * awaiting them awaits this now and then, or memory grows with what the servers have not taken yet.
   */
  ready(): Promise<void> {
    if (this.#dispatcher.closeReason !== undefined) return Promise.reject(this.#dispatcher.closeReason)
    return this.#dispatcher.ready()
  }

  /** The numbers of every shard thread. Rejects with DISCONNECTED when one of them is lost. */
  async stats(): Promise<ThreadStats[]> {
    if (this.#dispatcher.closeReason !== undefined) throw this.#dispatcher.closeReason
    const replies = await this.#dispatcher.admin('{"command":"stats"}')
    return replies.map(parseStats)
  }

  /** Sends and finishes every call made so far, then closes the connections. Later calls reject with CLOSED. */
  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  /** Closes the connections at once; calls that were sent and not answered reject with fate `unknown`. */
  destroy(error?: Error): void {
    this.#dispatcher.destroy(error)
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function parseStats(reply: string): ThreadStats {
  const stats: unknown = JSON.parse(reply)
  if (typeof stats === 'object' && stats !== null) return { ...stats }
  throw new SluiceError('PROTOCOL', 'the server sent no statistics')
}
