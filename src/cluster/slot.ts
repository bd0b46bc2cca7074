// Which slot a key belongs to: CRC16 (XMODEM) of the key, or of its {tag}, modulo 16,384, as Redis Cluster defines it.
// The tag is what lies between the first '{' and the first '}' after it, unless that is nothing: keys with the same
// tag share a slot.
//
// This runs for every operation of a client, so keys are hashed four bytes a step ("slicing by 4"), while the same
// pass looks for '{'; a key that has one is looked at again from there. Measured on keys of 6 / 16 / 24 bytes: one byte
// a step 6 / 34 / 53 ns, four bytes 4.5 / 16 / 23, eight bytes 6 / 12 / 17; four is the best for short keys and no
// longer to read. `slot.test.ts` keeps the bitwise form as the oracle. (`as number`: every index is in range.)

/** Slots of a topology. */
export const SLOT_COUNT = 16_384

const SLOT_MASK = SLOT_COUNT - 1
const OPEN = 0x7b
const CLOSE = 0x7d
const ASCII_MAX = 0x7f

// Four tables of 256 in one: CRC[d * 256 + b] is the CRC of byte b with d zero bytes after it.
const TABLE_2 = 256
const TABLE_3 = 512
const TABLE_4 = 768
const CRC = crcTables()

/** The slot of the key in `bytes` from `start` to `end`. */
export function slotOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0
  let at = start
  for (; at + 3 < end; at += 4) {
    const a = bytes[at] as number
    const b = bytes[at + 1] as number
    const c = bytes[at + 2] as number
    const d = bytes[at + 3] as number
    if (a === OPEN || b === OPEN || c === OPEN || d === OPEN) return slotOfTagged(bytes, start, at, end)
    crc = crcOfFour(crc, a, b, c, d)
  }
  for (; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === OPEN) return slotOfTagged(bytes, start, at, end)
    crc = crcOfOne(crc, byte)
  }
  return crc & SLOT_MASK
}

/** The slot of a key given as text: that of its UTF-8 bytes. */
export function slotOfString(key: string): number {
  const end = key.length
  let crc = 0
  let at = 0
  for (; at + 3 < end; at += 4) {
    const a = key.charCodeAt(at)
    const b = key.charCodeAt(at + 1)
    const c = key.charCodeAt(at + 2)
    const d = key.charCodeAt(at + 3)
    if ((a | b | c | d) > ASCII_MAX || a === OPEN || b === OPEN || c === OPEN || d === OPEN) return slotOfEncoded(key)
    crc = crcOfFour(crc, a, b, c, d)
  }
  for (; at < end; at++) {
    const code = key.charCodeAt(at)
    if (code > ASCII_MAX || code === OPEN) return slotOfEncoded(key)
    crc = crcOfOne(crc, code)
  }
  return crc & SLOT_MASK
}

/** The slot of a key whose first '{' is not before `from`. */
function slotOfTagged(bytes: Uint8Array, start: number, from: number, end: number): number {
  let open = from
  while (bytes[open] !== OPEN) open++
  let close = open + 1
  while (close < end && bytes[close] !== CLOSE) close++
  const hasTag = close < end && close > open + 1
  return hasTag ? crcOfRange(bytes, open + 1, close) & SLOT_MASK : crcOfRange(bytes, start, end) & SLOT_MASK
}

const encoder = new TextEncoder()
const scratch = new Uint8Array(1_024)

/** The slot of text that is not plain ASCII, or that may have a tag. */
function slotOfEncoded(key: string): number {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (key.length * 3 <= scratch.length) return slotOfBytes(scratch, 0, encoder.encodeInto(key, scratch).written)
  const bytes = encoder.encode(key)
  return slotOfBytes(bytes, 0, bytes.length)
}

function crcOfRange(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0
  for (let at = start; at < end; at++) crc = crcOfOne(crc, bytes[at] as number)
  return crc
}

function crcOfOne(crc: number, byte: number): number {
  return ((crc << 8) & 0xffff) ^ (CRC[(crc >>> 8) ^ byte] as number)
}

function crcOfFour(crc: number, a: number, b: number, c: number, d: number): number {
  return (
    (CRC[TABLE_4 + ((crc >>> 8) ^ a)] as number) ^
    (CRC[TABLE_3 + ((crc & 0xff) ^ b)] as number) ^
    (CRC[TABLE_2 + c] as number) ^
    (CRC[d] as number)
  )
}

function crcTables(): Uint16Array {
  const tables = new Uint16Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
    tables[byte] = crc
  }
  for (let index = TABLE_2; index < tables.length; index++) {
    const shorter = tables[index - 256] as number
    tables[index] = (shorter << 8) ^ (tables[shorter >>> 8] as number)
  }
  return tables
}
