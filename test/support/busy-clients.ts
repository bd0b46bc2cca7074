// Clients that check every answer, for tests in which a server has a hard time.

import type { Client } from '../../src/client/index.ts'
import { VALUE_BYTES_MAX } from '../../src/protocol/limits.ts'

const BULK_VALUE_BYTES = 32 * 1024
const BULK_KEYS = 128
const BULK_SETS = 2_048
/** Records that `sendBulk` leaves behind. */
export const BULK_RECORDS = BULK_KEYS

const READS_IN_TURN = 16
const READS_OF_ONE = 8_192

/** Clients that each set and read a record of their own, and read a shared one, again and again. */
export class BusyClients {
  /** Rounds that each one has done. */
  readonly rounds: number[]
  /** Milliseconds of each round since the last `takeP99Ms`. */
  #latenciesMs: number[] = []
  readonly #clients: readonly Client[]
  readonly #sharedKey: string

  /** @param sharedKey A record whose value is its key. */
  constructor(clients: readonly Client[], sharedKey: string) {
    this.#clients = clients
    this.#sharedKey = sharedKey
    this.rounds = clients.map(() => 0)
  }

  get roundsMin(): number {
    return Math.min(...this.rounds)
  }

  /** Goes on until it is over, at least one round each. Rejects when an answer is wrong. */
  async run(isOver: () => boolean): Promise<void> {
    await Promise.all(
      this.#clients.map(async (client, place) => {
        do await this.#round(client, place)
        while (!isOver())
      }),
    )
  }

  /** What 99 of 100 rounds did not exceed. */
  takeP99Ms(): number {
    const sorted = this.#latenciesMs.sort((a, b) => a - b)
    this.#latenciesMs = []
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0
  }

  async #round(client: Client, place: number): Promise<void> {
    const key = `busy:${place}`
    const text = `round ${this.rounds[place]} of client ${place}`
    const startMs = performance.now()
    await client.set(key, text)
    const [own, shared] = await Promise.all([client.getString(key), client.getString(this.#sharedKey)])
    this.#latenciesMs.push(performance.now() - startMs)
    if (own !== text || shared !== this.#sharedKey) throw new Error(`client ${place} got a wrong answer`)
    this.rounds[place] = (this.rounds[place] ?? 0) + 1
  }
}

/** Sends 64 MiB as one batch, larger than all buffers on its way. Each set is read by the get behind it. Rejects when one is not. */
export async function sendBulk(client: Client): Promise<void> {
  const value = Buffer.alloc(BULK_VALUE_BYTES)
  const batch = client.batch()
  for (let index = 0; index < BULK_SETS; index++) {
    value.writeUInt32LE(index, 0)
    value.writeUInt32LE(index, BULK_VALUE_BYTES - 4)
    batch.set(`bulk:${index % BULK_KEYS}`, value)
    batch.get(`bulk:${index % BULK_KEYS}`)
  }
  const results = await batch.send()
  for (let index = 0; index < BULK_SETS; index++) {
    value.writeUInt32LE(index, 0)
    value.writeUInt32LE(index, BULK_VALUE_BYTES - 4)
    if (!value.equals(results.value(2 * index + 1) ?? Buffer.of())) throw new Error(`set ${index} was not read`)
  }
  results.release()
}

/** Writes two of the largest values: the last byte tells one from the other. */
export async function writeLargest(client: Client, keys: readonly [string, string]): Promise<void> {
  const value = new Uint8Array(VALUE_BYTES_MAX)
  for (const [number, key] of keys.entries()) {
    value[VALUE_BYTES_MAX - 1] = number
    await client.set(key, value)
  }
}

/** One batch that reads both in turn, of which a reply holds only one; then one that reads the second very often. */
export async function readLargest(client: Client, keys: readonly [string, string]): Promise<void> {
  const inTurn = client.batch()
  for (let index = 0; index < READS_IN_TURN; index++) inTurn.get(keys[index % 2] ?? '')
  const turns = await inTurn.send()
  for (let index = 0; index < READS_IN_TURN; index++) {
    if (lastByte(turns.value(index)) !== index % 2) throw new Error(`read ${index} of the largest values was wrong`)
  }
  turns.release()
  const ofOne = client.batch()
  for (let index = 0; index < READS_OF_ONE; index++) ofOne.get(keys[1])
  const reads = await ofOne.send()
  for (let index = 0; index < READS_OF_ONE; index++) {
    if (lastByte(reads.value(index)) !== 1) throw new Error(`read ${index} of a largest value was wrong`)
  }
  reads.release()
}

function lastByte(value: Uint8Array | undefined): number | undefined {
  return value?.length === VALUE_BYTES_MAX ? value[VALUE_BYTES_MAX - 1] : undefined
}
