// Drawings of what no hand-made history shows: hostile keys, many operations, rows.

import { describe, expect, it } from 'vitest'
import { historyOf } from '../../test/support/history-text.ts'
import { type CheckResult, checkHistory } from './check-history.ts'
import { drawHtml } from './draw-html.ts'
import { drawText } from './draw-text.ts'
import type { History } from './history.ts'
import { keyText } from './operation-text.ts'

function checked(history: History): CheckResult {
  const steps = checkHistory(history)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

describe('a key', () => {
  it('is shown in printable ASCII alone', () => {
    const bytes = Uint8Array.from([0x41, 0x22, 0x5c, 0x1b, 0x5b, 0x0a, 0xe2, 0x80, 0xae, 0x3c])
    expect(keyText(bytes)).toBe('"A\\x22\\x5c\\x1b[\\x0a\\xe2\\x80\\xae<"')
  })

  it('is cut when it is long', () => {
    expect(keyText(new Uint8Array(1_000).fill(0x61))).toBe(`"${'a'.repeat(80)}..." (1000 bytes)`)
  })

  it('is escaped in a page', () => {
    const history = historyOf('0-1 write 1\n2-3 read 2')
    history.keyBytes[0] = new TextEncoder().encode('<script>&\'"')
    const page = drawHtml('<b>\u0007', checked(history), history)
    expect(page).toContain('&lt;script&gt;&amp;&#39;\\x22')
    expect(page).toContain('&lt;b&gt;\ufffd')
    expect(page).not.toContain('<script>')
  })
})

describe('a drawing', () => {
  it('has a row for each thing that a client does at once', () => {
    const history = historyOf(`
      0-9 inc 1 = 1 #5
      1-8 inc 1 = 1 #5
      20-30 wipe #5
    `)
    const [violation] = checked(history).violations
    expect(violation === undefined ? [] : drawText(violation, Uint8Array.of(0x6b))).toMatchInlineSnapshot(`
      [
        "key "k", 2 of 2 operations; found by search:",
        "no-order: No order of the operations explains all of their replies.",
        "",
        "  client 0  [1---------]",
        "  client 0     [2---]",
        "",
        "   1  client 0  increment by 1: 1  (us 0.000 to 0.009)",
        "   2  client 0  increment by 1: 1  (us 0.001 to 0.008)",
      ]
    `)
  })

  it('shows the last operations of many', () => {
    const counts = Array.from({ length: 100 }, (_, at) => `${at * 10}-${at * 10 + 15} inc 1 = ${at + 1} #1`)
    const history = historyOf([...counts, '1100-1110 read 99 #2'].join('\n'))
    const [violation] = checked(history).violations
    const lines = violation === undefined ? [] : drawText(violation, Uint8Array.of(0x6b))
    expect(lines[2]).toBe('the last 48, after 53 others:')
    expect(lines.at(-1)).toContain('read: 99')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(48 * 2 * 4 + 20)
  })
})
