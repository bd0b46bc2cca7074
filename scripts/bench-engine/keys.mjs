// Keys of one length for all records: `user` and decimal digits, or digits alone where there is no room for more.
// A key follows from its record's number, so that no table of keys is needed.

const PREFIX = Buffer.from('user')
const DIGIT_0 = 0x30

/** Bytes of a key unless a figure says otherwise. */
export const KEY_BYTES = 16

/**
 * Writes the key of record `id` to `bytes[at, at + keyBytes)`.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} id
 * @param {number} keyBytes
 */
export function writeKey(bytes, at, id, keyBytes) {
  const digitsAt = keyBytes > 12 ? at + PREFIX.length : at
  if (digitsAt !== at) bytes.set(PREFIX, at)
  let rest = id
  for (let index = at + keyBytes - 1; index >= digitsAt; index--) {
    const next = Math.floor(rest / 10)
    bytes[index] = DIGIT_0 + rest - next * 10
    rest = next
  }
}

const scratch = Buffer.alloc(KEY_BYTES)

/**
 * The key as text: a flat string of one byte a character, as a parser would make it.
 * @param {number} id
 */
export function keyText(id) {
  writeKey(scratch, 0, id, KEY_BYTES)
  return scratch.toString('latin1')
}

/**
 * The keys of the records [0, count) as text.
 * @param {number} count
 */
export function keyTexts(count) {
  return Array.from({ length: count }, (_, id) => keyText(id))
}
