// What a store must answer: the same calls on a plain Map, with time passed in.

/** A call on one record, as tests write and draw it. */
export interface StoreCall {
  readonly kind:
    | 'get'
    | 'has'
    | 'set'
    | 'exchange'
    | 'delete'
    | 'take'
    | 'expire'
    | 'add'
    | 'append'
    | 'writeRange'
    | 'readRange'
  readonly key: string
  readonly value: string
  /** Lifetime for set, exchange, expire and add. */
  readonly ttlMs: number | undefined
  readonly keepExpiry: boolean
  /** For set and exchange. */
  readonly setIf: 'absent' | 'present' | undefined
  /** For expire. */
  readonly expireIf: 'no-expiry' | 'has-expiry' | 'later' | 'earlier' | undefined
  readonly delta: number
  readonly offset: number
  readonly bytes: number
}

/** What a call answers, in the part that its kind has. */
export interface Answer {
  readonly ok: boolean
  readonly value?: string | undefined
  readonly number?: number
  /** The code of its error; nothing changed then. */
  readonly error?: string
}

interface OracleRecord {
  readonly value: Buffer
  readonly expiresAtMs: number
}

const NUMBER = /^(0|-?[1-9][0-9]{0,18})$/
const INT64_MAX = 2n ** 63n - 1n

/** A Map that answers as a store does. */
export class StoreOracle {
  records = new Map<string, OracleRecord>()
  nowMs: number
  readonly #ttlMs: number

  constructor(nowMs: number, ttlMs: number) {
    this.nowMs = nowMs
    this.#ttlMs = ttlMs
  }

  /** The record under the key unless it has expired. */
  live(key: string): OracleRecord | undefined {
    const record = this.records.get(key)
    return record !== undefined && record.expiresAtMs > this.nowMs ? record : undefined
  }

  /** All live keys, sorted. */
  liveKeys(): string[] {
    return [...this.records.keys()].filter((key) => this.live(key) !== undefined).sort()
  }

  execute(call: StoreCall): Answer {
    const record = this.live(call.key)
    if (!this.#holds(call)) return { ok: false, value: record?.value.toString() }
    switch (call.kind) {
      case 'get':
      case 'has':
        return { ok: record !== undefined, value: record?.value.toString() }
      case 'set':
      case 'exchange':
        return this.#set(call, record)
      case 'delete':
      case 'take':
        this.records.delete(call.key)
        return { ok: record !== undefined, value: record?.value.toString() }
      case 'expire':
        if (record === undefined) return { ok: false }
        this.records.set(call.key, { ...record, expiresAtMs: this.#expiry(call) })
        return { ok: true }
      case 'add':
        return this.#add(call, record)
      case 'readRange':
        return {
          ok: record !== undefined,
          value: record?.value.subarray(call.offset, call.offset + call.bytes).toString(),
        }
      default:
        return this.#write(call, record)
    }
  }

  /** Executes an atomic batch; the answers, or undefined as a whole when it did not take effect and why for each. */
  executeAtomic(calls: readonly StoreCall[]): { readonly committed: boolean; readonly answers: readonly Answer[] } {
    const aborted = { ok: false, error: 'ABORTED' }
    if (!calls.every((call) => this.#holds(call))) {
      const answers = calls.map((call) => (this.#holds(call) ? aborted : this.execute(call)))
      return { committed: false, answers }
    }
    const before = new Map(this.records)
    const unconditional = calls.map((call): StoreCall => ({ ...call, setIf: undefined, expireIf: undefined }))
    const answers: Answer[] = []
    for (const [index, call] of unconditional.entries()) {
      const answer = this.execute(call)
      answers.push(answer)
      if (answer.error === undefined) continue
      this.records = before
      return { committed: false, answers: calls.map((_, at) => (at === index ? answer : aborted)) }
    }
    return { committed: true, answers }
  }

  #holds({ kind, key, setIf, expireIf, ttlMs }: StoreCall): boolean {
    const record = this.live(key)
    if (kind === 'set' || kind === 'exchange') {
      return setIf === undefined || (setIf === 'present') === (record !== undefined)
    }
    if (kind !== 'expire' || expireIf === undefined) return true
    if (record === undefined) return false
    if (expireIf === 'no-expiry') return record.expiresAtMs === Infinity
    if (expireIf === 'has-expiry') return record.expiresAtMs !== Infinity
    const expiresAtMs = this.nowMs + (ttlMs ?? this.#ttlMs)
    if (expireIf === 'earlier') return expiresAtMs < record.expiresAtMs
    return record.expiresAtMs !== Infinity && expiresAtMs > record.expiresAtMs
  }

  #expiry({ ttlMs }: StoreCall): number {
    return this.nowMs + (ttlMs ?? this.#ttlMs)
  }

  #set(call: StoreCall, record: OracleRecord | undefined): Answer {
    const kept = record?.expiresAtMs ?? Infinity
    const expiresAtMs = call.keepExpiry ? kept : this.#expiry(call)
    this.records.set(call.key, { value: Buffer.from(call.value), expiresAtMs })
    return { ok: true, value: record?.value.toString() }
  }

  #add(call: StoreCall, record: OracleRecord | undefined): Answer {
    const text = record?.value.toString() ?? '0'
    const isNumber = NUMBER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
    if (!isNumber) return { ok: false, error: 'NOT_A_NUMBER' }
    const sum = BigInt(text) + BigInt(call.delta)
    if (sum > INT64_MAX || sum < -INT64_MAX - 1n) return { ok: false, error: 'OVERFLOW' }
    const expiresAtMs = record?.expiresAtMs ?? this.#expiry(call)
    this.records.set(call.key, { value: Buffer.from(`${sum}`), expiresAtMs })
    return { ok: true, number: Number(sum) }
  }

  #write(call: StoreCall, record: OracleRecord | undefined): Answer {
    const old = record?.value ?? Buffer.alloc(0)
    const added = Buffer.from(call.value)
    const offset = call.kind === 'append' ? old.length : call.offset
    if (call.kind === 'writeRange' && added.length === 0) return { ok: true, number: old.length }
    const value = Buffer.alloc(Math.max(old.length, offset + added.length))
    value.set(old)
    value.set(added, offset)
    this.records.set(call.key, { value, expiresAtMs: record?.expiresAtMs ?? this.nowMs + this.#ttlMs })
    return { ok: true, number: value.length }
  }
}
