// Lists the keys of the whole cluster, or its records: shard after shard, page after page.
//
// Shards are taken as they are when the scan begins. One that is gone when its turn comes has lost its slots, and a slot
// that moves starts empty: no key that was there all the time can be in it.

import { OP_SCAN } from '../protocol/codes.ts'
import { SCAN_KEYS_MAX } from '../protocol/limits.ts'
import { ScanPageReader } from '../protocol/scan-page.ts'
import { SluiceError } from '../util/errors.ts'
import { OwnedBytes } from '../util/owned-bytes.ts'
import { Batch } from './batch.ts'
import { BatchError } from './batch-error.ts'
import type { BatchResults } from './batch-results.ts'
import type { CallOptions } from './call-limits.ts'
import { recordOf, type StoredRecord, WANTS_BYTES } from './call-outcome.ts'
import type { Calls } from './calls.ts'
import type { Dispatcher } from './dispatcher.ts'

const PAGE_KEYS_DEFAULT = 256

/** Options of `scan`, `scanStrings` and `scanRecords`. The signal ends the scan, the time is that of each page. */
export interface ScanOptions extends CallOptions {
  /** About how many keys one request brings, 1 to 4,096. Default 256. */
  readonly pageKeys?: number
}

/** A record as `scanRecords` lists it. */
export interface ScannedRecord extends StoredRecord {
  /** The caller's own. */
  readonly key: Uint8Array
}

/** The keys, each as `read` makes it of the bytes of its page. */
export async function* scanKeys<Form>(
  dispatcher: Dispatcher,
  calls: Calls,
  options: ScanOptions,
  read: (page: Uint8Array, start: number, end: number) => Form,
): AsyncGenerator<Form, void, undefined> {
  const reader = new ScanPageReader()
  for await (const page of pagesOf(dispatcher, calls, options)) {
    reader.open(page, 0, page.length)
    while (reader.next()) yield read(page, reader.start, reader.end)
  }
}

/** The records under the keys; those of one page are read together. */
export async function* scanRecords(
  dispatcher: Dispatcher,
  calls: Calls,
  options: ScanOptions,
): AsyncGenerator<ScannedRecord, void, undefined> {
  const reader = new ScanPageReader()
  const owned = new OwnedBytes()
  for await (const page of pagesOf(dispatcher, calls, options)) {
    const keys: Uint8Array[] = []
    const batch = new Batch(dispatcher)
    reader.open(page, 0, page.length)
    while (reader.next()) {
      const key = page.slice(reader.start, reader.end)
      keys.push(key)
      batch.getRecord(key)
    }
    const { signal, timeoutMs } = options
    const results = await batch.send({ ...(signal && { signal }), ...(timeoutMs && { timeoutMs }) })
    yield* recordsOf(keys, results, owned)
    results.release()
  }
}

function* recordsOf(keys: Uint8Array[], results: BatchResults, owned: OwnedBytes): Generator<ScannedRecord> {
  for (const [index, key] of keys.entries()) {
    const error = results.error(index)
    if (error !== undefined) throw new BatchError(error, results)
    const record = recordOf(results, index, owned)
    if (record !== undefined) yield { key, ...record }
  }
}

async function* pagesOf(
  dispatcher: Dispatcher,
  calls: Calls,
  { pageKeys = PAGE_KEYS_DEFAULT, ...limits }: ScanOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!Number.isInteger(pageKeys) || pageKeys < 1 || pageKeys > SCAN_KEYS_MAX) {
    throw new SluiceError('INVALID_ARGUMENT', `pageKeys must be an integer from 1 to ${SCAN_KEYS_MAX}, not ${pageKeys}`)
  }
  const reader = new ScanPageReader()
  for (const { id } of dispatcher.topology.shards) {
    let cursor = 0n
    do {
      const fields = { cursor, count: pageKeys }
      const page = await calls.ofShard(WANTS_BYTES, OP_SCAN, id, fields, limits).catch((error) => {
        if (dispatcher.shardOfId(id) === undefined) return undefined
        throw error
      })
      if (page === undefined) break
      if (!(page instanceof Uint8Array)) throw new SluiceError('PROTOCOL', 'a scan has no page')
      reader.open(page, 0, page.length)
      cursor = reader.cursor
      yield page
    } while (cursor !== 0n)
  }
}
