// The value of a scan's result: the cursor of the next page, then keys. `open` walks the whole page before it returns,
// so `next` cannot fail.
//
//   next cursor u64, then for each key: compact length, bytes

import { readU64 } from '../util/bytes.ts'
import { compactSize, readCompact } from './compact.ts'
import { KEY_BYTES_MAX } from './limits.ts'
import { protocolError } from './protocol-error.ts'

const CURSOR_BYTES = 8

/** Steps through the keys of a page; one reader serves any number of pages, one after the other. */
export class ScanPageReader {
  /** Where the scan goes on; 0n when it is complete. */
  cursor = 0n
  /** Keys of the page. */
  keyCount = 0
  /** First byte of the key that `next` loaded last. */
  start = 0
  /** One past its last byte. */
  end = 0

  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #pageEnd = 0

  /** Opens the page `bytes[start, end)`. Throws PROTOCOL unless its keys fill it exactly. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#position = 0
    this.#pageEnd = 0
    if (end - start < CURSOR_BYTES) throw protocolError('a page of a scan has no cursor')
    this.keyCount = 0
    for (let at = start + CURSOR_BYTES; at < end; this.keyCount++) {
      const keyBytes = readCompact(bytes, at, end)
      if (keyBytes < 1 || keyBytes > KEY_BYTES_MAX) throw protocolError('a page of a scan has a malformed key')
      at += compactSize(keyBytes) + keyBytes
      if (at > end) throw protocolError('a key passes the end of its page')
    }
    this.cursor = readU64(bytes, start)
    this.#position = start + CURSOR_BYTES
    this.#pageEnd = end
  }

  /** Loads the next key; false when there is none. */
  next(): boolean {
    if (this.#position >= this.#pageEnd) return false
    const keyBytes = readCompact(this.#bytes, this.#position, this.#pageEnd)
    this.start = this.#position + compactSize(keyBytes)
    this.end = this.start + keyBytes
    this.#position = this.end
    return true
  }
}
