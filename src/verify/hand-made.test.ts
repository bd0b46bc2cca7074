// The table of histories made by hand against every checker, and the checkers that apply against the whole check.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { historyOf } from '../../test/support/history-text.ts'
import { type CheckResult, checkHistory } from './check-history.ts'
import type { History } from './history.ts'
import { gatherKey } from './key-operations.ts'
import { RULES } from './rules.ts'
import { Search } from './search.ts'
import { versionCheck } from './version-check.ts'
import { isForZoneTest, zoneTest } from './zone-test.ts'

const TABLE = readFileSync(new URL('./hand-made.txt', import.meta.url), 'utf8')
const CASES = TABLE.split(/^== /m)
  .slice(1)
  .map((text) => {
    const [head = '', ...lines] = text.split('\n')
    const [title = '', ...verdicts] = head.split('|').map((part) => part.trim())
    return { title, verdict: verdicts.join(' | '), text: lines.join('\n') }
  })

function verdictOf(history: History): string {
  const { operations } = gatherKey(history, 0)
  operations.checkInvariants()
  const zones = isForZoneTest(operations, history.evicts) ? (zoneTest(operations)?.rule ?? 'ok') : '-'
  const state = new Search(operations, history.evicts, 2 ** 20).run(1_000_000)
  const search = state === 'linearizable' ? 'ok' : state === 'not' ? 'no-order' : state
  return `zones ${zones} | search ${search} | versions ${versionCheck(operations)?.rule ?? 'ok'}`
}

function checked(history: History): CheckResult {
  const steps = checkHistory(history)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

describe('histories made by hand', () => {
  it.each(CASES)('$title', ({ verdict, text }) => {
    const history = historyOf(text)
    expect(verdictOf(history)).toBe(verdict)
    const isGood = verdict.split(' | ').every((each) => / (ok|-)$/.test(each))
    const result = checked(history)
    expect(result.outcome).toBe(isGood ? 'LINEARIZABLE' : 'NOT')
    for (const { rule, operations } of result.violations) {
      operations.checkInvariants()
      expect(verdict).toContain(rule)
    }
  })

  it('break every rule at least once', () => {
    for (const rule of Object.keys(RULES)) expect(TABLE).toContain(` ${rule}`)
  })
})
