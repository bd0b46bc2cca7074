// docs/OPERATIONS.md says what the code does.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SERVER_LIMITS } from '../../src/server/limits.ts'

const TEXT = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8')
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 * 1024 }

it('lists every limit with its default', () => {
  const rows = [...TEXT.matchAll(/^\| `(\w+)` \| ([\d,]+)(?: (KiB|MiB))? \|/gm)].map(
    ([, name, digits = '', unit = '']) => {
      return [name, Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? 0)]
    },
  )
  expect(Object.fromEntries(rows)).toEqual(SERVER_LIMITS)
})
