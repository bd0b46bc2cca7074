// What the calls of a store return that is more than one value.

/** A record as `getRecord` found it. */
export interface StoredRecord<Form> {
  readonly value: Form
  /** Grows with every change of the record; `{ if: version }` lets a write take effect only while it is the same. */
  readonly version: bigint
  /** Milliseconds since 1970 at which the record is gone; Infinity for never. */
  readonly expiresAtMs: number
}

/** What `exchange` found and did. */
export interface Exchange<Form> {
  /** Whether the record was written: its condition held. */
  readonly written: boolean
  /** The version that the record has now; undefined when there is none. */
  readonly version: bigint | undefined
  /** The value before; undefined when there was no record. */
  readonly previous: Form | undefined
}

/** A page of `scan`. */
export interface ScanPage<Form> {
  /** Where the next page begins; 0 when there is none. */
  readonly cursor: number
  readonly keys: Form[]
}
