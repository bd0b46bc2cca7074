// The options of a store and of those of its calls that a client does not have, each with its unit, its default and its limits.

import { EXPIRY_MS_MAX } from '../protocol/limits.ts'
import type { SetOptions } from '../protocol/write-options.ts'
import { systemClock } from '../util/clock.ts'
import { type EvictionPolicy, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from './options.ts'
import { invalid } from './store-errors.ts'

/** Index and records of a store unless told otherwise. */
const MEMORY_BYTES_DEFAULT = 256 * 1024 * 1024

const OPTION_NAMES: readonly string[] = ['maxBytes', 'eviction', 'ttlMs', 'clock']

/** Where a store takes the time from. */
export interface StoreClock {
  /** Milliseconds since 1970. When it goes back, time stands still for the store. */
  nowMs(): number
}

/** Options of `openStore`. */
export interface StoreOptions {
  /**
   * Most bytes of index and records together; memory is taken as it is needed. From MEMORY_BYTES_MIN (1 MiB) to
   * MEMORY_BYTES_MAX (4000 MiB). Default 256 MiB.
   */
  readonly maxBytes?: number
  /**
   * Which records make room when memory is exhausted: `none` (a write that needs memory throws NO_MEMORY), `any` (those
   * that were not used for long), or `expiring` (of those, only records with an expiry). Default `none`.
   */
  readonly eviction?: EvictionPolicy
  /**
   * Milliseconds that a record lives which is written without saying how long. Above 0; Infinity: for ever.
   * Default Infinity.
   */
  readonly ttlMs?: number
  /**
   * The time, for tests and simulation. Read only when a record has an expiry or is given one. Default: the machine's.
   */
  readonly clock?: StoreClock
}

/** Options of `scan`. */
export interface ScanOptions {
  /** Where the page before ended: its `cursor`. Default 0, the beginning. */
  readonly cursor?: number
  /** About how many keys the page holds, 1 to 4,096. Default 256. */
  readonly count?: number
}

/** Options of `batch`. */
export interface BatchOptions {
  /** Whether the batch takes effect as a whole or not at all. Default false. */
  readonly atomic?: boolean
  /** Whether results carry the records' versions. Default false. */
  readonly withVersions?: boolean
}

/** Time as a store's operations need it: now, and when a record expires. */
export class StoreTime {
  readonly #clock: StoreClock
  readonly #ttlMs: number
  /** The latest time that was read, 0 before. */
  latestMs = 0

  /** Throws INVALID_ARGUMENT. */
  constructor({ clock = systemClock, ttlMs = Infinity }: StoreOptions) {
    checkTtl(ttlMs)
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  nowMs(): number {
    const nowMs = this.#clock.nowMs()
    // As for the engine: a clock that goes back stands still.
    if (nowMs > this.latestMs) this.latestMs = nowMs
    return this.latestMs
  }

  /** When a record expires that is written now and lives `ttlMs`, by default the store's; 0 for never. */
  expiryAfter(ttlMs = this.#ttlMs): number {
    if (ttlMs === Infinity) return 0
    checkTtl(ttlMs)
    return checkedExpiry(this.nowMs() + ttlMs)
  }

  /** When a record expires that lives `ttlMs` from now on; 0 for never. There is no default. */
  expiryIn(ttlMs: number): number {
    checkTtl(ttlMs)
    return this.expiryAfter(ttlMs)
  }

  /** When a record expires that is set with these options; 0 for never, or for when it did before. */
  expiryOf({ ttlMs, expiresAtMs, keepExpiry }: SetOptions): number {
    if (expiresAtMs === undefined && keepExpiry !== true) return this.expiryAfter(ttlMs)
    if (ttlMs !== undefined || (expiresAtMs !== undefined && keepExpiry === true)) {
      throw invalid('only one of ttlMs, expiresAtMs and keepExpiry can be given')
    }
    if (expiresAtMs === undefined || expiresAtMs === Infinity) return 0
    // The engine notes how far ahead an expiry lies.
    this.nowMs()
    return checkedExpiry(expiresAtMs)
  }
}

/** Throws INVALID_ARGUMENT for an option that does not exist: one that is misspelt would be missed late. */
export function checkNames(options: StoreOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.includes(name)) throw invalid(`there is no option ${name}: ${OPTION_NAMES.join(', ')}`)
  }
}

/** Bytes of index and records that the options allow. Throws INVALID_ARGUMENT. */
export function memoryBytesOf(options: StoreOptions): number {
  const { maxBytes = MEMORY_BYTES_DEFAULT } = options
  if (Number.isInteger(maxBytes) && maxBytes >= MEMORY_BYTES_MIN && maxBytes <= MEMORY_BYTES_MAX) return maxBytes
  throw invalid(`maxBytes must be a whole number from ${MEMORY_BYTES_MIN} to ${MEMORY_BYTES_MAX}, not ${maxBytes}`)
}

function checkTtl(ttlMs: number): void {
  if (!(typeof ttlMs === 'number' && ttlMs > 0)) throw invalid(`ttlMs must be a number above 0, not ${ttlMs}`)
}

/** Whole milliseconds, rounded up. */
function checkedExpiry(expiresAtMs: number): number {
  if (!(expiresAtMs > 0 && expiresAtMs <= EXPIRY_MS_MAX)) {
    throw invalid(`an expiry must lie above 0 and up to ${EXPIRY_MS_MAX} ms since 1970, not at ${expiresAtMs}`)
  }
  return Math.ceil(expiresAtMs)
}
