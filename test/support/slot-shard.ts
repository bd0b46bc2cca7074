// An engine that loses and gains slots as a cluster's shard does, beside a Map of what it has to show. Requests for slots
// that it does not own are not sent to it: that is its host's part.

import { SLOT_COUNT, slotOfString } from '../../src/cluster/slot.ts'
import { SlotSet } from '../../src/cluster/slot-set.ts'
import { REMOVED_BY_DISCARD, REMOVED_BY_EXPIRY } from '../../src/engine/assembly/outcomes.ts'
import { type Engine, EXECUTED } from '../../src/engine/index.ts'
import { STATUS_MISSING } from '../../src/protocol/codes.ts'
import type { Random } from '../../src/util/random.ts'
import { decodeEffects } from './effects.ts'
import { executeAll, openTestEngine, type TestOperation, takeEffects, testSecret } from './engine-harness.ts'
import { keyOf } from './engine-model.ts'
import { readPage } from './engine-oracle.ts'

interface ShardRecord {
  readonly value: string
  /** 0 for none. */
  readonly expiryMs: number
}

/** Keys are drawn from so many. */
const KEY_COUNT = 6_000
const EXPIRES_IN_MS_MAX = 1_000_000

export class SlotShard {
  readonly seen = { discarded: 0, expired: 0, laps: 0, gainedDuringLaps: 0 }
  readonly #engine: Engine
  readonly #follower = openTestEngine({ secret: testSecret(99) })
  readonly #random: Random
  /** Records in slots that are owned. */
  readonly #records = new Map<string, ShardRecord>()
  /** Records in slots that were taken away, not removed yet. */
  readonly #unowned = new Map<string, ShardRecord>()
  readonly #isOwned = new Array<boolean>(SLOT_COUNT).fill(true)
  #isDiscarding = false
  #nowMs = 1_000_000

  constructor(random: Random) {
    this.#random = random
    this.#engine = openTestEngine({ secret: testSecret(random.next32()), effects: true })
  }

  /** Writes `count` records, some with an expiry, among keys with tags and without. */
  write(count: number): void {
    const operations: TestOperation[] = []
    for (let index = 0; index < count; index++) {
      const key = this.#drawKey()
      if (this.#isOwned[slotOfString(key)] !== true) continue
      const value = `${this.#random.next32()}`.repeat(1 + this.#random.nextBelow(8))
      const isDated = this.#random.nextBelow(3) === 0
      const expiryMs = isDated ? this.#nowMs + 1 + this.#random.nextBelow(EXPIRES_IN_MS_MAX) : 0
      operations.push({ kind: 'set', key, value, ...(isDated ? { expiryMs } : {}) })
      this.#records.set(key, { value, expiryMs })
    }
    this.#execute(operations)
  }

  /** Deletes most records, so that segments shrink and merge. */
  deleteMost(): void {
    const keys = [...this.#records.keys()].filter(() => this.#random.nextBelow(10) > 0)
    this.#execute(keys.map((key) => ({ kind: 'delete', key })))
    for (const key of keys) this.#records.delete(key)
  }

  clear(): void {
    this.#execute([{ kind: 'clear' }])
    this.#records.clear()
    this.#unowned.clear()
  }

  /** Takes this share of the owned slots away. */
  take(share: number): void {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (this.#isOwned[slot] !== true || this.#random.nextFloat() >= share) continue
      this.#isOwned[slot] = false
      this.#isDiscarding = true
    }
    for (const [key, record] of this.#records) {
      if (this.#isOwned[slotOfString(key)] === true) continue
      this.#records.delete(key)
      this.#unowned.set(key, record)
    }
    this.#engine.setOwnedSlots(this.#bitmap())
  }

  /** Gives this share of the slots that are not owned back, but for those of which records may be left. */
  giveBack(share: number): void {
    const lost = new SlotSet(this.#engine.lostSlots)
    if (!this.#isDiscarding && !lost.isEmpty) throw new Error('slots are lost, though nothing is discarded')
    for (const key of this.#unowned.keys()) {
      if (!lost.has(slotOfString(key))) throw new Error(`${key} is left, though its slot is not lost`)
    }
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (this.#isOwned[slot] === true || lost.has(slot) || this.#random.nextFloat() >= share) continue
      this.#isOwned[slot] = true
      if (this.#isDiscarding) this.seen.gainedDuringLaps++
    }
    this.#engine.setOwnedSlots(this.#bitmap())
  }

  discard(buckets: number): void {
    const isDone = this.#engine.discardUnowned(buckets)
    this.#follow()
    this.#noteDone(isDone)
  }

  maintain(buckets: number, ms: number): void {
    this.#nowMs += ms
    this.#engine.maintain(this.#nowMs, buckets)
    this.#follow()
    this.#noteDone(this.#engine.discardUnowned(0))
  }

  /** Compares everything that the engine shows with the Map. */
  check(): void {
    this.#engine.checkInvariants()
    const live = [...this.#records].filter(([, { expiryMs }]) => !this.#isExpired(expiryMs))
    const scanned = this.#scan()
    const keys = new Set(live.map(([key]) => key))
    if (scanned.size !== keys.size || [...scanned].some((key) => !keys.has(key))) {
      throw new Error(`a scan shows ${scanned.size} keys of ${keys.size}`)
    }
    const [result] = this.#execute([{ kind: 'random-key' }])
    const isAny = result?.status === STATUS_MISSING ? keys.size < 100 : keys.has(keyOf(result?.value))
    if (!isAny) throw new Error('a random key is not one of them')
    const { records } = this.#engine.stats()
    const held = this.#records.size + this.#unowned.size
    if (records !== held) throw new Error(`${records} records are counted, ${held} are held`)
  }

  /** Ends what is under way, reads every record, and compares the follower. */
  finish(): void {
    while (this.#isDiscarding) this.discard(100)
    const entries = [...this.#records].filter(([, { expiryMs }]) => !this.#isExpired(expiryMs))
    const results = this.#execute(entries.map(([key]) => ({ kind: 'get', key })))
    for (const [index, [key, { value }]] of entries.entries()) {
      if (keyOf(results[index]?.value) !== value) throw new Error(`the value of ${key} is another one`)
    }
    this.check()
    if (this.#follower.digest() !== this.#engine.digest()) throw new Error('the follower holds something else')
    const { discarded } = this.#engine.stats()
    if (discarded !== this.seen.discarded) throw new Error(`${discarded} counted, ${this.seen.discarded} in effects`)
  }

  #noteDone(isDone: boolean): void {
    if (isDone && this.#unowned.size > 0) throw new Error(`${this.#unowned.size} unowned records are left`)
    if (!isDone && !this.#isDiscarding) throw new Error('there is something to discard, though nothing was lost')
    if (isDone && this.#isDiscarding) this.seen.laps++
    this.#isDiscarding = !isDone
  }

  #execute(operations: readonly TestOperation[]) {
    const reply = executeAll(this.#engine, operations, this.#nowMs)
    if (reply.outcome !== EXECUTED) throw new Error(`outcome ${reply.outcome}`)
    this.#apply(reply.effects)
    return reply.results
  }

  #follow(): void {
    this.#apply(takeEffects(this.#engine))
  }

  /** Passes effects on, and takes removals that no operation asked for out of the Maps. */
  #apply(effects: Uint8Array): void {
    this.#follower.applyEffects(effects, this.#nowMs)
    for (const { kind, reason, key, version } of decodeEffects(effects)) {
      if (kind !== 'remove') continue
      const name = keyOf(key)
      if (reason === REMOVED_BY_DISCARD) {
        if (!this.#unowned.delete(name)) throw new Error(`${name} is discarded in version ${version}, but not unowned`)
        this.seen.discarded++
      } else if (reason === REMOVED_BY_EXPIRY) {
        this.#expire(name)
      }
    }
  }

  /** A record that expired went by itself, unless the same call wrote it anew. */
  #expire(key: string): void {
    for (const records of [this.#records, this.#unowned]) {
      if (this.#isExpired(records.get(key)?.expiryMs ?? 0)) records.delete(key)
    }
    this.seen.expired++
  }

  #isExpired(expiryMs: number): boolean {
    return expiryMs !== 0 && expiryMs <= this.#nowMs
  }

  #scan(): Set<string> {
    const keys = new Set<string>()
    let cursor = 0n
    do {
      const [result] = this.#execute([{ kind: 'scan', cursor, count: 1_000 }])
      const page = readPage(result?.value ?? new Uint8Array(0))
      for (const key of page.keys) keys.add(key)
      cursor = page.cursor
    } while (cursor !== 0n)
    return keys
  }

  #drawKey(): string {
    const number = this.#random.nextBelow(KEY_COUNT)
    const kind = number % 5
    if (kind === 0) return `{${number % 50}}:${number}`
    if (kind === 1) return `a{b${number % 300}}c}${number}`
    if (kind === 2) return `{}${number}{`
    return `key:${number}`
  }

  #bitmap(): Uint8Array {
    const bitmap = new Uint8Array(SLOT_COUNT / 8)
    for (const [slot, isOwned] of this.#isOwned.entries()) {
      if (isOwned) bitmap[slot >> 3] = (bitmap[slot >> 3] ?? 0) | (1 << (slot & 7))
    }
    return bitmap
  }
}
