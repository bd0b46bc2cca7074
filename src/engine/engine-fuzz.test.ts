// Bytes from outside never trap the engine, corrupt it, or make it answer differently the second time.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeOperations,
  executeSection,
  openTestEngine,
  type TestOperation,
} from '../../test/support/engine-harness.ts'
import { CHECK_OK, EXECUTED, SLAB_FULL } from './index.ts'

const keyArbitrary = fc.integer({ min: 0, max: 30 }).map((number) => `key:${number}`)
const operationArbitrary: fc.Arbitrary<TestOperation> = fc
  .record({
    kind: fc.constantFrom('get', 'set', 'delete', 'exists'),
    key: keyArbitrary,
    value: fc.integer({ min: 0, max: 400 }).map((length) => 'v'.repeat(length)),
    withVersion: fc.boolean(),
  })
  .map(({ value, ...operation }) => (operation.kind === 'set' ? { ...operation, value } : operation))
const mutationArbitrary = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })

describe('the engine under random bytes', () => {
  it('refuses or executes random and mutated sections, and stays whole', () => {
    const engine = openTestEngine()
    let executed = 0
    fc.assert(
      fc.property(
        fc.array(operationArbitrary, { maxLength: 40 }),
        fc.array(mutationArbitrary, { maxLength: 3 }),
        fc.integer({ min: -2, max: 2 }),
        fc.option(fc.uint8Array({ maxLength: 200 })),
        (operations, mutations, countError, random) => {
          const bytes = random ?? encodeOperations(operations)
          for (const { at, byte } of mutations) if (bytes.length > 0) bytes[at % bytes.length] = byte
          const count = Math.max(0, operations.length + countError)
          if (engine.stage(bytes, count) !== CHECK_OK) return
          let slab = 0
          let outcome = engine.execute(count, 0, slab, 0)
          while (outcome === SLAB_FULL) outcome = engine.resume(++slab, 0)
          expect(outcome).toBe(EXECUTED)
          expect(engine.resultCount).toBe(count)
          engine.checkInvariants()
          executed++
        },
      ),
      { numRuns: 3_000 },
    )
    expect(executed).toBeGreaterThan(100)
  })

  it('gives the same bytes for the same frames and arguments', () => {
    fc.assert(
      fc.property(fc.array(fc.array(operationArbitrary, { maxLength: 60 }), { maxLength: 5 }), (sections) => {
        const [first, second] = [openTestEngine(), openTestEngine()]
        for (const operations of sections) {
          expect(executeSection(second, operations).bytes).toEqual(executeSection(first, operations).bytes)
        }
        expect(second.stats()).toEqual(first.stats())
      }),
      { numRuns: 30 },
    )
  })
})
