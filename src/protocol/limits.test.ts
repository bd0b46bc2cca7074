import { describe, expect, it } from 'vitest'
import { compactSize } from './compact.ts'
import { FRAME_HEADER_BYTES, REPLY_FRAME_BYTES_MAX, SECTION_HEADER_BYTES } from './frame.ts'
import { ANSWER_BYTES_MAX, ANSWER_HEAD_BYTES, HELLO_HEAD_BYTES } from './hello.ts'
import {
  ATOMIC_OPS_MAX,
  CONTROL_BYTES_MAX,
  EXPIRY_MS_MAX,
  FRAME_BYTES_MAX,
  FRAME_BYTES_TARGET,
  FRAME_OPS_MAX,
  FRAME_SECTIONS_MAX,
  HELLO_BYTES_MAX,
  KEY_BYTES_MAX,
  REPLY_BYTES_MAX,
  SCAN_KEYS_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts'
import { OPERATION_HEAD_BYTES_MAX } from './operation-head.ts'
import { OPERATION_BYTES_MIN } from './operation-walk.ts'

/** Expiry and version. */
const STAMP_BYTES = 16

const SET_BYTES_MAX =
  OPERATION_HEAD_BYTES_MAX + compactSize(KEY_BYTES_MAX) + compactSize(VALUE_BYTES_MAX) + KEY_BYTES_MAX + VALUE_BYTES_MAX
const RESULT_BYTES_MAX = 1 + compactSize(VALUE_BYTES_MAX) + STAMP_BYTES + VALUE_BYTES_MAX
const HEADERS_BYTES = FRAME_HEADER_BYTES + SECTION_HEADER_BYTES

describe('the limits', () => {
  it('let the largest record through in both directions', () => {
    expect(HEADERS_BYTES + SET_BYTES_MAX).toBeLessThanOrEqual(FRAME_BYTES_MAX)
    expect(RESULT_BYTES_MAX).toBeLessThanOrEqual(REPLY_BYTES_MAX)
  })

  it('let the largest record join a frame that has reached its target', () => {
    expect(FRAME_BYTES_TARGET + HEADERS_BYTES + SET_BYTES_MAX).toBeLessThanOrEqual(FRAME_BYTES_MAX)
  })

  it('fit every frame that a server sends', () => {
    expect(REPLY_FRAME_BYTES_MAX).toBeLessThanOrEqual(FRAME_BYTES_MAX)
    expect(FRAME_HEADER_BYTES + CONTROL_BYTES_MAX).toBeLessThanOrEqual(REPLY_FRAME_BYTES_MAX)
  })

  it('fit a frame of the most sections with one operation each', () => {
    const sectionBytes = SECTION_HEADER_BYTES + OPERATION_BYTES_MIN
    expect(FRAME_HEADER_BYTES + FRAME_SECTIONS_MAX * sectionBytes).toBeLessThanOrEqual(FRAME_BYTES_TARGET)
    expect(FRAME_SECTIONS_MAX).toBeLessThanOrEqual(FRAME_OPS_MAX)
  })

  it('let a frame hold an atomic group and a page of a scan', () => {
    expect(ATOMIC_OPS_MAX).toBeLessThan(FRAME_OPS_MAX)
    expect(SCAN_KEYS_MAX).toBeLessThanOrEqual(FRAME_OPS_MAX)
  })

  it('fit the fields that carry them', () => {
    expect(KEY_BYTES_MAX).toBeLessThanOrEqual(0xffff)
    expect(ATOMIC_OPS_MAX).toBeLessThanOrEqual(0xffff)
    expect(EXPIRY_MS_MAX).toBe(2 ** 48 - 1)
    expect(FRAME_SECTIONS_MAX).toBeLessThanOrEqual(0xffff)
    expect(FRAME_BYTES_MAX).toBeLessThan(2 ** 31)
    expect(HELLO_BYTES_MAX).toBeGreaterThan(HELLO_HEAD_BYTES)
    expect(ANSWER_BYTES_MAX).toBeGreaterThanOrEqual(ANSWER_HEAD_BYTES + 8 * FRAME_SECTIONS_MAX)
  })
})
