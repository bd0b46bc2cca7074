import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'

const operationArbitrary: fc.Arbitrary<TestOperation> = fc
  .record({
    kind: fc.constantFrom('get', 'get', 'get', 'set', 'delete', 'exists'),
    key: fc.integer({ min: 0, max: 6 }).map((number) => `key:${number}`),
    value: fc.integer({ min: 0, max: 20 }).map((length) => 'v'.repeat(length * length)),
    withVersion: fc.boolean(),
  })
  .map(({ value, ...operation }) => (operation.kind === 'set' ? { ...operation, value } : operation))

function get(key: string, withVersion = false): TestOperation {
  return { kind: 'get', key, withVersion }
}

describe('results by reference', () => {
  it('mean the same as plain ones, whatever is written in between', () => {
    fc.assert(
      fc.property(fc.array(fc.array(operationArbitrary, { maxLength: 400 }), { maxLength: 4 }), (sections) => {
        const plain = openTestEngine({ repeats: false })
        const referring = openTestEngine({ repeats: true })
        for (const operations of sections) {
          const expected = executeSection(plain, operations)
          const reply = executeSection(referring, operations)
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
