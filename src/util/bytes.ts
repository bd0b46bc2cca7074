// Little-endian integers and UTF-8 text in byte arrays. Byte shifts instead of a DataView: the callers hold plain
// `Uint8Array`s, and a view object for each of them would cost more than the reads.
//
// No function here checks a bound: a decoder compares positions with its `end` before it reads. A read outside the
// array gives zeros, a write outside it is lost; neither throws. That is also why an element may be cast to
// `number` here: the type's `undefined` stands for exactly that case, and the shifts turn it into 0.

/** A byte at `at`. */
export function readU8(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | 0
}

/** An unsigned 16-bit integer. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

/** An unsigned 32-bit integer. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at) | (readU16(bytes, at + 2) << 16)) >>> 0
}

/** An unsigned 64-bit integer. Allocates: not for hot loops. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readU32(bytes, at + 4)) << 32n) | BigInt(readU32(bytes, at))
}

/** Writes the low 16 bits of `value`. */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
}

/** Writes the low 32 bits of `value`. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

/** Writes the low 64 bits of `value`. */
export function writeU64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, Number(value & 0xffff_ffffn))
  writeU32(bytes, at + 4, Number((value >> 32n) & 0xffff_ffffn))
}

/**
 * Up to this many bytes a loop (1.3 ns a byte) beats `TypedArray.set` (45 ns: it needs a view object of the source).
 */
const COPY_LOOP_BYTES_MAX = 32

/** Copies `source[start, end)` to `target` at `at`, and returns the position behind the copy. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  if (end - start > COPY_LOOP_BYTES_MAX) {
    target.set(source.subarray(start, end), at)
    return at + (end - start)
  }
  let to = at
  for (let from = start; from < end; from++) target[to++] = source[from] as number
  return to
}

const encoder = new TextEncoder()
// A byte order mark is text like any other: without `ignoreBOM` the decoder would drop it from a value.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** The UTF-8 bytes of `text`, in an array of their own. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** UTF-8 bytes that one UTF-16 code unit can take. */
export const UTF8_UNIT_BYTES_MAX = 3

/**
 * Writes `text` as UTF-8 from position 0 and returns the number of bytes. A lone surrogate becomes U+FFFD. The array
 * must have room for UTF8_UNIT_BYTES_MAX bytes a code unit, else the text is cut.
 */
export function writeUtf8(bytes: Uint8Array, text: string): number {
  return encoder.encodeInto(text, bytes).written
}

/** Up to this many code units `writeAscii` (1.6 ns a unit) beats `writeUtf8` (35 to 55 ns a call). */
export const SHORT_TEXT_UNITS_MAX = 32

/** Writes ASCII `text` at `at`, and returns the position behind it, or -1 at the first character outside ASCII. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) return -1
    bytes[at + index] = unit
  }
  return at + text.length
}

/** The text in `bytes[start, end)`; each malformed sequence becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end))
}

/** The text in `bytes[start, end)`, or undefined when that is not well-formed UTF-8. */
export function decodeUtf8Strict(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictDecoder.decode(bytes.subarray(start, end))
  } catch {
    return undefined
  }
}
