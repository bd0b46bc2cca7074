// An engine under judgement: an oracle judges each of its replies and effects, a twin without effects must answer with
// the same bytes, and a follower under another secret applies the effects and must come to hold the same.

import { type Engine, type EvictionPolicy, EXECUTED } from '../../src/engine/index.ts'
import { seededRandom } from '../../src/util/random.ts'
import { type DrawnOperation, resolve } from './drawn-operations.ts'
import {
  executeAll,
  openTestEngine,
  type TestOperation,
  type TestReply,
  takeEffects,
  testSecret,
} from './engine-harness.ts'
import { EngineOracle, readPage } from './engine-oracle.ts'

/** What a rig is built of. */
export interface RigOptions {
  /** What the secrets follow from. */
  readonly seed: number
  /** Default 64 MiB, which nothing that tests draw exhausts. */
  readonly memoryBytesMax?: number
  readonly eviction?: EvictionPolicy
}

const MIB = 1024 * 1024
const VERSION_START = 1_000n
const START_MS = 1_700_000_000_000

/** Bytes of effects from which on the twin may sweep at another time: the buffer is nearly full. */
const EFFECTS_BYTES_NEARLY_FULL = 15 * MIB

export class EngineRig {
  readonly engine: Engine
  readonly oracle: EngineOracle
  nowMs = START_MS
  readonly #memoryBytesMax: number
  readonly #follower: Engine
  /** Undefined once it may differ. */
  #twin: Engine | undefined
  /** Effects that the follower has not applied. */
  #stream: Uint8Array[] = []

  constructor({ seed, memoryBytesMax = 64 * MIB, eviction = 'none' }: RigOptions) {
    const options = { memoryBytesMax, eviction, secret: testSecret(seed), versionStart: VERSION_START }
    this.engine = openTestEngine({ ...options, effects: true })
    this.#twin = openTestEngine(options)
    this.#follower = openTestEngine({
      memoryBytesMax: 64 * MIB + 2 * memoryBytesMax,
      secret: testSecret(seededRandom(seed).next32()),
      versionStart: VERSION_START,
      replySlabsMax: 1,
    })
    this.oracle = new EngineOracle({ versionStart: VERSION_START, isLimited: memoryBytesMax < 64 * MIB, eviction })
    this.#memoryBytesMax = memoryBytesMax
  }

  /** Executes operations, in as many frames as it takes, and judges the engine. */
  execute(drawn: readonly DrawnOperation[]): TestReply {
    const operations = drawn.map((operation) => resolve(operation, this.oracle.state))
    const reply = executeAll(this.engine, operations, this.nowMs)
    if (reply.outcome !== EXECUTED) throw new Error(`outcome ${reply.outcome}`)
    this.oracle.expectReply(operations, reply, this.nowMs)
    this.#stream.push(reply.effects)
    this.#compareTwin(operations, reply.bytes, reply.effects.length)
    this.#check()
    return reply
  }

  /** Moves the clock, backwards too. */
  passTime(ms: number): void {
    this.nowMs = Math.max(1, this.nowMs + ms)
  }

  maintain(buckets: number): void {
    this.engine.maintain(this.nowMs, buckets)
    this.#twin?.maintain(this.nowMs, buckets)
    const effects = takeEffects(this.engine)
    this.oracle.expectRemovals(effects, this.nowMs)
    this.#stream.push(effects)
    this.#check()
  }

  /** Lets the follower catch up: it must hold the same then. */
  follow(): void {
    for (const effects of this.#stream) this.#follower.applyEffects(effects, this.nowMs)
    this.#stream = []
    this.#follower.checkInvariants()
    if (this.#follower.digest() !== this.engine.digest()) throw new Error('the follower holds something else')
    if (this.#follower.stats().version > this.engine.stats().version) throw new Error('the follower is ahead')
  }

  /** Scans the whole table: every live key once at least, and no other. */
  scan(count: number): void {
    const scanned = new Set<string>()
    for (let cursor = 0n, pages = 0; pages === 0 || cursor !== 0n; pages++) {
      const { results } = this.execute([{ kind: 'scan', cursor, count }])
      const page = readPage(results[0]?.value ?? new Uint8Array(0))
      for (const key of page.keys) scanned.add(key)
      if (page.cursor !== 0n && page.cursor <= cursor) throw new Error('the scan does not come on')
      cursor = page.cursor
    }
    const live = this.oracle.state.liveKeys()
    if (scanned.size !== live.length || live.some((key) => !scanned.has(key))) {
      throw new Error(`scanned ${scanned.size} keys of ${live.length}`)
    }
  }

  /** Reads every record that the oracle knows, and judges the answers. */
  readAll(): void {
    const keys = [...this.oracle.state.records.keys()]
    this.execute(
      keys.map((key): DrawnOperation => ({ kind: 'get', key: Buffer.from(key, 'latin1'), withExpiry: true })),
    )
  }

  #compareTwin(operations: readonly TestOperation[], bytes: Uint8Array, effectBytes: number): void {
    if (this.#twin === undefined) return
    const twin = executeAll(this.#twin, operations, this.nowMs)
    if (twin.effects.length > 0) throw new Error('effects for nobody')
    if (Buffer.compare(bytes, twin.bytes) !== 0) throw new Error('the twin without effects answers something else')
    if (effectBytes > EFFECTS_BYTES_NEARLY_FULL) this.#twin = undefined
  }

  #check(): void {
    this.engine.checkInvariants()
    const { records } = this.oracle.state
    const stats = this.engine.stats()
    let [keyBytes, valueBytes] = [0, 0]
    for (const [key, { value }] of records) {
      keyBytes += key.length
      valueBytes += value.length
    }
    const held = {
      records: stats.records,
      keyBytes: stats.keyBytes,
      valueBytes: stats.valueBytes,
      version: stats.version,
    }
    if (held.records !== records.size || held.keyBytes !== keyBytes || held.valueBytes !== valueBytes) {
      throw new Error(`${JSON.stringify({ records: records.size, keyBytes, valueBytes })} differs from the counters`)
    }
    if (stats.heapBytes > this.#memoryBytesMax) throw new Error(`${stats.heapBytes} bytes of heap pass the limit`)
    if (this.#twin === undefined) return
    const twin = this.#twin.stats()
    if (twin.effectPosition !== 0) throw new Error('effects for nobody')
    if (
      twin.records !== stats.records ||
      twin.version !== stats.version ||
      twin.heapUsedBytes !== stats.heapUsedBytes
    ) {
      throw new Error('the twin without effects holds something else')
    }
  }
}
