import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DrawnOperation, resolve, sectionArbitrary, USUAL_DRAWING } from '../../test/support/drawn-operations.ts'
import { executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { ModelState } from '../../test/support/engine-model.ts'

const NOW_MS = 1_700_000_000_000
/** Few keys with short values, so that most results are repeats; and all other operations between them. */
const gets = fc
  .tuple(fc.nat(6), fc.boolean(), fc.integer({ min: 1, max: 20 }))
  .map(([key, withVersion, times]) =>
    Array.from({ length: times }, (): DrawnOperation => ({ kind: 'get', key: `key:${key}`, withVersion })),
  )
const others = sectionArbitrary({ ...USUAL_DRAWING, keyCount: 7, valueBytesMax: 400, keyBytesMax: 40 }, 4)
const sections = fc
  .array(fc.oneof({ arbitrary: gets, weight: 4 }, { arbitrary: others, weight: 1 }), { maxLength: 60, size: 'max' })
  .map((parts) => parts.flat())

function get(key: string, withVersion = false): TestOperation {
  return { kind: 'get', key, withVersion }
}

describe('results by reference', () => {
  it('mean the same as plain ones, whatever is written in between', () => {
    fc.assert(
      fc.property(fc.array(sections, { maxLength: 4 }), (drawn) => {
        const plain = openTestEngine({ repeats: false })
        const referring = openTestEngine({ repeats: true })
        const state = new ModelState(new Map(), NOW_MS)
        for (const section of drawn) {
          const operations = section.map((operation) => resolve(operation, state))
          const expected = executeSection(plain, operations, NOW_MS)
          const reply = executeSection(referring, operations, NOW_MS)
          expect(reply.results).toEqual(expected.results)
          expect(reply.bytes.length).toBeLessThanOrEqual(expected.bytes.length)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('are used for an unchanged record, and only where they are shorter', () => {
    const engine = openTestEngine()
    executeSection(engine, [
      { kind: 'set', key: 'long', value: 'x'.repeat(128) },
      { kind: 'set', key: 'short', value: 'x' },
    ])
    expect(executeSection(engine, [get('long'), get('long'), get('long')]).bytes.length).toBe(130 + 2 + 2)
    expect(executeSection(engine, [get('short'), get('short')]).bytes.length).toBe(3 + 2)
    executeSection(engine, [{ kind: 'set', key: 'empty', value: '' }])
    expect(executeSection(engine, [get('empty'), get('empty')]).bytes.length).toBe(2 + 2)
  })

  it('never cross sections, forms or changes', () => {
    const engine = openTestEngine()
    const value = 'x'.repeat(128)
    executeSection(engine, [{ kind: 'set', key: 'a', value }])
    expect(executeSection(engine, [get('a')]).bytes.length).toBe(130)
    expect(executeSection(engine, [get('a')]).bytes.length).toBe(130)
    expect(executeSection(engine, [get('a'), get('a', true)]).bytes.length).toBe(130 + 138)
    expect(executeSection(engine, [get('a'), { kind: 'set', key: 'a', value }, get('a')]).bytes.length).toBe(
      130 + 1 + 130,
    )
  })
})
