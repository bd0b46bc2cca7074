// The keys that a thread is asked for most, in bounded memory: the Space-Saving summary (Metwally, Agrawal, El Abbadi
// 2005) over a sample of the operations. It counts HOT_KEYS_MAX keys; one more takes the place, and the count, of the
// least.
//
//   invariants, for the samples since the beginning, of which there are n:
//   - a key's count is at least how often it came, and exceeds that by at most its `excess`
//   - the counts sum to n, so no excess is larger than n / capacity, and each key that came more often is in the list
//
// Old samples count less: whenever `samplesPerHalving` more have come, everything is halved, which keeps the invariants
// for the samples weighed so. Without it a key that becomes hot today would have to catch up with all that was hot
// before. By samples, not by time: a list of an idle thread stays, and no clock is needed.
//
// Memory: a key is kept as text of one character a byte, its first HOT_KEY_BYTES_KEPT_MAX bytes. Longer keys that agree
// in these and in their length are counted as one.

import { decodeUtf8Strict } from '../util/bytes.ts'

/** Keys that are counted for each thread. */
export const HOT_KEYS_MAX = 64

/** First bytes of a key that are kept. */
export const HOT_KEY_BYTES_KEPT_MAX = 128

/** About 17 to 34 million operations make the list, at one sample in 1,024. */
const SAMPLES_PER_HALVING = 16_384

/** One of the keys that are asked for most. */
export interface HotKey {
  /** Its first bytes, HOT_KEY_BYTES_KEPT_MAX at most: as text when they are UTF-8, else in Base64. */
  readonly key: string
  readonly encoding: 'utf8' | 'base64'
  /** Bytes of the whole key. */
  readonly keyBytes: number
  /** Its share of the thread's recent operations, from 0 to 1: at most this, but for the chance of sampling. */
  readonly share: number
  /** Its share is at least this, likewise. */
  readonly shareLeast: number
}

/** Counts sampled keys. */
export class HotKeys {
  readonly #capacity: number
  readonly #samplesPerHalving: number
  /** Place in the arrays by identity. */
  readonly #places = new Map<string, number>()
  readonly #identities: string[] = []
  readonly #keyBytes: Float64Array
  readonly #counts: Float64Array
  readonly #excesses: Float64Array
  /** Samples, weighed like the counts. */
  #weight = 0
  #samplesLeft: number

  constructor(capacity = HOT_KEYS_MAX, samplesPerHalving = SAMPLES_PER_HALVING) {
    this.#capacity = capacity
    this.#samplesPerHalving = samplesPerHalving
    this.#samplesLeft = samplesPerHalving
    this.#keyBytes = new Float64Array(capacity)
    this.#counts = new Float64Array(capacity)
    this.#excesses = new Float64Array(capacity)
  }

  /** Counts a sampled operation on a key, whose bytes are copied; undefined: on none. O(capacity). */
  add(key: Uint8Array | undefined): void {
    if (this.#samplesLeft === 0) this.#halve()
    this.#samplesLeft--
    this.#weight++
    if (key === undefined) return
    const identity = identityOf(key)
    const place = this.#places.get(identity) ?? this.#placeFor(identity, key.length)
    this.#counts[place] = (this.#counts[place] as number) + 1
  }

  /** The keys that are counted, hottest first. */
  list(): HotKey[] {
    return this.#identities
      .map((identity, place) => ({
        ...keptKey(identity),
        keyBytes: this.#keyBytes[place] as number,
        share: (this.#counts[place] as number) / this.#weight,
        shareLeast: ((this.#counts[place] as number) - (this.#excesses[place] as number)) / this.#weight,
      }))
      .sort((left, right) => right.share - left.share)
  }

  /** A place for a key that has none: a free one, or that of the least. */
  #placeFor(identity: string, keyBytes: number): number {
    let place = this.#identities.length
    if (place === this.#capacity) {
      place = this.#leastPlace()
      this.#places.delete(this.#identities[place] as string)
      this.#excesses[place] = this.#counts[place] as number
    }
    this.#places.set(identity, place)
    this.#identities[place] = identity
    this.#keyBytes[place] = keyBytes
    return place
  }

  #leastPlace(): number {
    let least = 0
    for (let place = 1; place < this.#capacity; place++) {
      if ((this.#counts[place] as number) < (this.#counts[least] as number)) least = place
    }
    return least
  }

  #halve(): void {
    this.#samplesLeft = this.#samplesPerHalving
    this.#weight /= 2
    for (let place = 0; place < this.#identities.length; place++) {
      this.#counts[place] = (this.#counts[place] as number) / 2
      this.#excesses[place] = (this.#excesses[place] as number) / 2
    }
  }
}

/** What tells a key from others: its length and its first bytes. */
function identityOf(key: Uint8Array): string {
  const kept = Buffer.from(key.buffer, key.byteOffset, Math.min(key.length, HOT_KEY_BYTES_KEPT_MAX))
  return `${key.length}:${kept.toString('latin1')}`
}

function keptKey(identity: string): Pick<HotKey, 'key' | 'encoding'> {
  const bytes = Buffer.from(identity.slice(identity.indexOf(':') + 1), 'latin1')
  const text = decodeUtf8Strict(bytes, 0, bytes.length)
  return text === undefined ? { key: bytes.toString('base64'), encoding: 'base64' } : { key: text, encoding: 'utf8' }
}
