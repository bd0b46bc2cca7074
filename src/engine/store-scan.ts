// Walks over all keys of a store, page by page.
//
// A page is copied out of the engine before its keys are handed on, so the store may change between two keys. What a
// walk promises then is the engine's: every record that is there from beginning to end is met at least once.

import { ScanPageReader } from '../protocol/scan-page.ts'
import type { StoreCore } from './store-core.ts'
import { BytesForm, type Source, sourceOf, type ValueForm } from './value-form.ts'

/** Keys asked for at once: some microseconds of work, and a page of some kilobytes. */
export const PAGE_KEYS_DEFAULT = 256

const PAGE_FORM = new BytesForm()

/** One page of keys. */
class KeyPage {
  /** Where the next page begins; 0 when there is none. */
  readonly cursor: number
  readonly #core: StoreCore
  readonly #source: Source
  /** Where each key begins, and where it ends, in turn. */
  readonly #bounds: number[] = []

  constructor(core: StoreCore, bytes: Uint8Array) {
    this.#core = core
    const reader = new ScanPageReader()
    reader.open(bytes, 0, bytes.length)
    while (reader.next()) this.#bounds.push(reader.start, reader.end)
    this.cursor = Number(reader.cursor)
    this.#source = sourceOf(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get keyCount(): number {
    return this.#bounds.length / 2
  }

  /** The key at an index of the page. Throws CLOSED, for a walk that goes on too long. */
  key<Form>(form: ValueForm<Form>, index: number): Form {
    this.#core.checkOpen()
    return form.read(this.#source, this.#bounds[2 * index] as number, this.#bounds[2 * index + 1] as number)
  }

  /** The value that is under that key now. Throws CLOSED. */
  value<Form>(form: ValueForm<Form>, index: number): Form | undefined {
    const start = this.#bounds[2 * index] as number
    return this.#core.readAt(form, this.#source.bytes, start, this.#bounds[2 * index + 1] as number)
  }
}

/** Reads the page at a cursor. */
export function readPage(core: StoreCore, cursor: number, count: number): KeyPage {
  core.begin().scan(cursor, count)
  core.run()
  return new KeyPage(core, core.value(PAGE_FORM))
}

/** Reads one page after the other, each when it is asked for. */
export function* walkPages(core: StoreCore): Generator<KeyPage, void, undefined> {
  let cursor = 0
  do {
    const page = readPage(core, cursor, PAGE_KEYS_DEFAULT)
    cursor = page.cursor
    yield page
  } while (cursor !== 0)
}
