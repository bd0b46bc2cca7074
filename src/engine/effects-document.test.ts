// `docs/EFFECTS.md` against the engine: its example is what an engine emits, and what another takes.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { executeSection, openTestEngine, testSecret } from '../../test/support/engine-harness.ts'

const page = readFileSync(new URL('../../docs/EFFECTS.md', import.meta.url), 'utf8')

/** The bytes of the page's example. */
function example(): Uint8Array {
  const block = /```hex\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  return new Uint8Array(Buffer.from(block.replaceAll(/#.*/g, '').replaceAll(/\s/g, ''), 'hex'))
}

it('emits and applies the example of the effects page', () => {
  const source = openTestEngine({ effects: true, versionStart: 41n })
  const copy = openTestEngine({ versionStart: 0n, secret: testSecret(2) })
  const nowMs = Date.UTC(2025, 0, 1)
  const { effects } = executeSection(
    source,
    [
      { kind: 'set', key: 'a', value: 'hi', expiryMs: Date.UTC(2025, 0, 2, 3, 4, 5) },
      { kind: 'delete', key: 'a' },
      { kind: 'clear' },
    ],
    nowMs,
  )
  expect(Buffer.from(effects).toString('hex')).toBe(Buffer.from(example()).toString('hex'))
  copy.applyEffects(example(), nowMs)
  expect(copy.stats()).toMatchObject({ records: 0, version: 44n })
  expect(copy.digest()).toBe(source.digest())
})
