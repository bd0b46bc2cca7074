// Text on its way into a section: UTF-8 in a buffer that is used again, so that a short key costs no allocation.

import { encodeUtf8, SHORT_TEXT_UNITS_MAX, UTF8_UNIT_BYTES_MAX, writeAscii, writeUtf8 } from '../util/bytes.ts'

const SCRATCH_BYTES_START = UTF8_UNIT_BYTES_MAX * SHORT_TEXT_UNITS_MAX

/** A larger array is not kept for the next text. */
const SCRATCH_BYTES_KEPT_MAX = 64 * 1024

/** The UTF-8 bytes of the text that was encoded last. */
export class TextScratch {
  /** Holds the text from position 0. Replaced when it grows: do not keep it across an `encode`. */
  bytes: Uint8Array = new Uint8Array(SCRATCH_BYTES_START)
  /** One past the text's last byte. */
  end = 0

  /**
   * Encodes `text`; a lone surrogate becomes U+FFFD. Of a text with more than `bytesMax` bytes only more than
   * `bytesMax` are sure to be there: enough for the caller to refuse it.
   */
  encode(text: string, bytesMax: number): void {
    if (this.bytes.length > SCRATCH_BYTES_KEPT_MAX) this.bytes = new Uint8Array(SCRATCH_BYTES_START)
    this.end = text.length <= SHORT_TEXT_UNITS_MAX ? writeAscii(this.bytes, 0, text) : -1
    if (this.end < 0) this.#encodeAny(text, bytesMax)
  }

  #encodeAny(text: string, bytesMax: number): void {
    // A code unit takes at least one byte, so these units prove what the rest could not change.
    const encodable = text.length > bytesMax ? text.slice(0, bytesMax + 1) : text
    const bytesNeeded = UTF8_UNIT_BYTES_MAX * encodable.length
    if (bytesNeeded > SCRATCH_BYTES_KEPT_MAX) {
      this.bytes = encodeUtf8(encodable)
      this.end = this.bytes.length
      return
    }
    if (this.bytes.length < bytesNeeded) this.bytes = new Uint8Array(bytesNeeded)
    this.end = writeUtf8(this.bytes, encodable)
  }
}
