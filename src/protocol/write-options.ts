// What a caller may ask of a write beside its key and value, in words: the options of an operation as an API offers them. A
// client and a store take the same, and each turns them into bytes by its own clock. Types alone.

/** Options of `set` and `exchange`: when the record expires, and what must hold for it to be written. */
export interface SetOptions {
  /** Milliseconds from now on, by the caller's clock. Above 0; Infinity: never. Default Infinity; in a store, its `ttlMs`. */
  readonly ttlMs?: number
  /** Instead of `ttlMs`: milliseconds since 1970, above 0, at which the record is gone; Infinity: never. */
  readonly expiresAtMs?: number
  /** Instead of `ttlMs`: the expiry that the record has; a new record has none. Default false. */
  readonly keepExpiry?: boolean
  /** Write only if there is no record, if there is one, or if there is one of this version. Default: always. */
  readonly if?: 'absent' | 'present' | bigint
}

/** Options of `delete`. */
export interface DeleteOptions {
  /** Delete only the record of this version. Default: any. */
  readonly if?: bigint
}

/** Options of `expire`. */
export interface ExpireOptions {
  /**
   * Change the expiry only if there is none, if there is one, if the new one is later or earlier than the one there is
   * (none is later than any), or if the record has this version. Default: always.
   */
  readonly if?: 'no-expiry' | 'has-expiry' | 'later' | 'earlier' | bigint
}

/** Options of calls that change a record or create one: `add`, and a client's `append` and `writeRange`. */
export interface NewRecordOptions {
  /** Milliseconds that a record lives which the call creates. Above 0; Infinity: never ends. Default as that of `set`. */
  readonly ttlMs?: number
}
