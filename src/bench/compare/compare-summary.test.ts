import { describe, expect, it } from 'vitest'
import { caseOf, comparisonOf, contenderOf, richComparison } from '../../../test/support/made-up-comparison.ts'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import type { CompareResult } from './compare-result.ts'
import { writeComparison } from './compare-summary.ts'

function linesOf(result: CompareResult): string[] {
  const output = new OutputRecorder()
  writeComparison(result, output)
  return output.lines
}

const NOTHING = { rounds: [], memoryBytesPerRecord: null, loadOpsPerSecond: null }

describe('a comparison as text', () => {
  it('is a table, the losses, and a verdict', () => {
    expect(linesOf(richComparison())).toEqual([
      '',
      'batches of 1,024 operations, two under way; ycsb-b over 2,000 records',
      '                                    sluice 1.0                 redis 7.0           sluice-embedded',
      '  operations, ops/s              5,500,000 ±9%         550,000 ±9% x10.0           8,000,000 x0.69',
      '  server CPU, ns/op                       80.0          1650.0 ±3% x20.6                         -',
      '  client CPU, ns/op                      100.5               100.5 x1.00               100.5 x1.00',
      '  request, B/op                           12.0                12.0 x1.00                         -',
      '  reply, B/op                             75.5           68.5 ±12% x0.91                         -',
      '  p50, ms                                1.250               1.250 x1.00               1.250 x1.00',
      '  p99, ms                               10.000              10.000 x1.00              10.000 x1.00',
      '  p99.9, ms                             20.500              20.500 x1.00              20.500 x1.00',
      '  memory, B/record                       150.0               100.0 x0.67                         -',
      '  load, ops/s                        1,000,000             250,000 x4.00           2,000,000 x0.50',
      'bad(  redis ended after 2 rounds: redis-server was ended by SIGKILL)',
      '',
      '  where sluice is behind:',
      '    batched, operations: sluice-embedded 1.45 times as good',
      '    batched, reply: redis 1.10 times as good (spreads overlap)',
      '    batched, memory: redis 1.50 times as good (measured once)',
      '    batched, load: sluice-embedded 2.00 times as good (measured once)',
      '',
      '  every reply was right',
    ])
  })

  it('says so when the first system is behind in nothing', () => {
    const lines = linesOf(comparisonOf([caseOf([contenderOf('sluice'), contenderOf('redis')])]))
    expect(lines.slice(-4)).toEqual([
      '',
      '  sluice is behind in nothing that was measured',
      '',
      '  every reply was right',
    ])
  })

  it('claims nothing when nothing could be compared', () => {
    for (const contenders of [[contenderOf('sluice')], [contenderOf('sluice', NOTHING), contenderOf('redis')]]) {
      const lines = linesOf(comparisonOf([caseOf(contenders)]))
      expect(lines.join('\n')).not.toMatch(/behind/)
      expect(lines.slice(-2)).toEqual(['', '  every reply was right'])
    }
  })

  it('tells which replies were wrong', () => {
    const redis = contenderOf('redis', { mismatches: 1_234, mismatchExplanations: ['read of key 1: this', 'and that'] })
    const single = caseOf([contenderOf('sluice', { mismatches: 1 })], { name: 'single' })
    expect(linesOf(comparisonOf([caseOf([contenderOf('sluice'), redis]), single])).slice(-5)).toEqual([
      '',
      'bad(  batched, redis: 1,234 replies were wrong, among them:)',
      '    read of key 1: this',
      '    and that',
      'bad(  single, sluice: 1 reply was wrong)',
    ])
  })

  it('tells that it was interrupted, before the first round too', () => {
    const contenders = [contenderOf('sluice', NOTHING), contenderOf('redis', { ...NOTHING, failure: 'it broke' })]
    const lines = linesOf(comparisonOf([caseOf(contenders)], { isInterrupted: true }))
    expect(lines).toContain(`  operations, ops/s ${'-'.padStart(26)}${'-'.padStart(26)}`)
    expect(lines).toContain('bad(  redis ended after 0 rounds: it broke)')
    expect(lines.slice(-2)).toEqual([
      '  interrupted: the figures are of the rounds that were finished',
      '  every reply was right',
    ])
    expect(linesOf(comparisonOf([], { isInterrupted: true }))).toEqual(['', ...lines.slice(-2)])
  })

  it('tells what kept a later case from being run', () => {
    const lines = linesOf(comparisonOf([caseOf([contenderOf('sluice')])], { failure: 'single: redis-server is gone' }))
    expect(lines).toContain('bad(  ended early: single: redis-server is gone)')
  })
})
