// The kinds of operations that a workload mixes: what each does to a record, and what may come back. The numbers are those
// of a block's `kinds`; `assembly/` writes them.

/** Reads the record. */
export const KIND_READ = 0
/** Overwrites the whole record. */
export const KIND_UPDATE = 1
/** Stores a record that was not there before. */
export const KIND_INSERT = 2
/** Reads the record and, when the answer is there, overwrites it. */
export const KIND_READ_MODIFY_WRITE = 3
/** Removes the record. */
export const KIND_DELETE = 4
/** Stores the record only if there is none. */
export const KIND_ADD = 5
/** Adds one to a counter, a record beside the others whose key has a prefix. */
export const KIND_INCREMENT = 6
/** Overwrites the whole record, which expires after EXPIRY_MS. */
export const KIND_EXPIRE = 7

/** One past the largest kind. */
export const KIND_END = 8

/** Milliseconds that a record lives which was written with an expiry. */
export const EXPIRY_MS = 2_000

/** In front of the key of a counter. */
export const COUNTER_PREFIX = 'c:'

/** A row of the table. */
export interface KindRow {
  readonly code: number
  /** In options, reports and results. */
  readonly name: string
  /** Whether it can leave no record where one was, so that reads may find nothing. */
  readonly removes: boolean
}

/** Every kind, in the order of its code. */
export const KINDS = [
  { code: KIND_READ, name: 'read', removes: false },
  { code: KIND_UPDATE, name: 'update', removes: false },
  { code: KIND_INSERT, name: 'insert', removes: false },
  { code: KIND_READ_MODIFY_WRITE, name: 'rmw', removes: false },
  { code: KIND_DELETE, name: 'delete', removes: true },
  { code: KIND_ADD, name: 'add', removes: false },
  { code: KIND_INCREMENT, name: 'increment', removes: false },
  { code: KIND_EXPIRE, name: 'expire', removes: true },
] as const satisfies readonly KindRow[]
