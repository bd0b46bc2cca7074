// Effect records taken apart, for tests that look into the stream.

import { EFFECT_CLEAR, EFFECT_REMOVE, EFFECT_SET } from '../../src/engine/assembly/outcomes.ts'

/** One effect. */
export interface TestEffect {
  readonly kind: 'set' | 'remove' | 'clear'
  /** Why a record was removed: one of REMOVED_BY_*. */
  readonly reason: number
  readonly version: bigint
  /** 0 for none. */
  readonly expiryMs: number
  readonly key: Buffer
  readonly value: Buffer
  /** Where it begins in the bytes that it was decoded from, and one past its end. */
  readonly start: number
  readonly end: number
}

const HEADER_BYTES = 24
const KINDS = new Map<number, TestEffect['kind']>([
  [EFFECT_SET, 'set'],
  [EFFECT_REMOVE, 'remove'],
  [EFFECT_CLEAR, 'clear'],
])

/** Takes a piece of the stream apart; views into its bytes. */
export function decodeEffects(bytes: Uint8Array): TestEffect[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const effects: TestEffect[] = []
  for (let start = 0; start < buffer.length; ) {
    const end = start + buffer.readUInt32LE(start)
    const keyEnd = start + HEADER_BYTES + buffer.readUInt16LE(start + 6)
    const kind = KINDS.get(buffer.readUInt8(start + 4))
    if (kind === undefined || keyEnd > end || end > buffer.length) throw new Error(`no effect at ${start}`)
    effects.push({
      kind,
      reason: buffer.readUInt8(start + 5),
      version: buffer.readBigUInt64LE(start + 8),
      expiryMs: Number(buffer.readBigUInt64LE(start + 16)),
      key: buffer.subarray(start + HEADER_BYTES, keyEnd),
      value: buffer.subarray(keyEnd, end),
      start,
      end,
    })
    start = end
  }
  return effects
}
