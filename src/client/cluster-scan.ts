// Lists the keys of the whole cluster: shard after shard, page after page.
//
// Shards are taken as they are when the scan begins. One that is gone when its turn comes has lost its slots, and a slot
// that moves starts empty: no key that was there all the time can be in it.

import { OP_SCAN } from '../protocol/codes.ts'
import { SCAN_KEYS_MAX } from '../protocol/limits.ts'
import { ScanPageReader } from '../protocol/scan-page.ts'
import { SluiceError } from '../util/errors.ts'
import { WANTS_BYTES } from './call-outcome.ts'
import type { Dispatcher } from './dispatcher.ts'

const PAGE_KEYS_DEFAULT = 256

/** Options of `scan` and `scanStrings`. */
export interface ScanOptions {
  /** About how many keys one request brings, 1 to 4,096. Default 256. */
  readonly pageKeys?: number
}

/** The keys, each as `read` makes it of the bytes of its page. */
export async function* scanCluster<Form>(
  dispatcher: Dispatcher,
  { pageKeys = PAGE_KEYS_DEFAULT }: ScanOptions,
  read: (page: Uint8Array, start: number, end: number) => Form,
): AsyncGenerator<Form, void, undefined> {
  if (!Number.isInteger(pageKeys) || pageKeys < 1 || pageKeys > SCAN_KEYS_MAX) {
    throw new SluiceError('INVALID_ARGUMENT', `pageKeys must be an integer from 1 to ${SCAN_KEYS_MAX}, not ${pageKeys}`)
  }
  for (const { id } of dispatcher.topology.shards) {
    let cursor = 0n
    do {
      const shard = dispatcher.shardOfId(id)
      if (shard === undefined) break
      const fields = { cursor, count: pageKeys }
      const page = await dispatcher.batcherOf(shard).operation(WANTS_BYTES, OP_SCAN, shard, fields)
      if (!(page instanceof Uint8Array)) throw new SluiceError('PROTOCOL', 'a scan has no page')
      const reader = new ScanPageReader()
      reader.open(page, 0, page.length)
      while (reader.next()) yield read(page, reader.start, reader.end)
      cursor = reader.cursor
    } while (cursor !== 0n)
  }
}
