// The engine against a plain `Map`, with every invariant checked after every section.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  executeSection,
  openTestEngine,
  type TestOperation,
  type TestReply,
  type TestResult,
  testSecret,
} from '../../test/support/engine-harness.ts'
import { STATUS_MISSING, STATUS_OK, STATUS_OK_VERSION, STATUS_VALUE, STATUS_VALUE_VERSION } from '../protocol/codes.ts'
import { seededRandom } from '../util/random.ts'

/** What the engine must hold: values by key, and the version of each. */
class Oracle {
  readonly records = new Map<string, { readonly value: Buffer; readonly version: bigint }>()
  version: bigint

  constructor(versionStart: bigint) {
    this.version = versionStart
  }

  /** Executes the operations and compares each result. */
  expectReply(operations: readonly TestOperation[], reply: TestReply): void {
    expect(reply.outcome).toBe(0)
    operations.forEach((operation, index) => {
      const expected = this.#execute(operation)
      const { status, version, value } = reply.results[index] as TestResult
      // `expect` for each of millions of results would take longer than the engine.
      if (status === expected.status && version === expected.version && expected.value.equals(value)) return
      expect({ status, version, value: Buffer.from(value) }, `operation ${index}`).toEqual(expected)
    })
  }

  #execute({ kind, key, value, withVersion }: TestOperation) {
    const name = Buffer.from(key as string).toString('latin1')
    const record = this.records.get(name)
    const none = Buffer.alloc(0)
    if (kind === 'set') {
      this.records.set(name, { value: Buffer.from(value as string), version: ++this.version })
    } else if (!record) {
      return { status: STATUS_MISSING, value: none, version: undefined }
    } else if (kind === 'delete') {
      this.records.delete(name)
      this.version++
    } else if (kind === 'get') {
      const status = withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE
      return { status, value: record.value, version: withVersion ? record.version : undefined }
    }
    const version = kind === 'exists' ? record?.version : this.version
    return withVersion
      ? { status: STATUS_OK_VERSION, value: none, version }
      : { status: STATUS_OK, value: none, version: undefined }
  }
}

const keyArbitrary = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((number) => Buffer.from(`key:${number}`)),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 200, max: 65_535 }).map((length) => Buffer.alloc(length, 'long')),
)
const valueArbitrary = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 300_000 }).map((length) => Buffer.alloc(length, `${length};`)),
)
const operationArbitrary: fc.Arbitrary<TestOperation> = fc.record({
  kind: fc.constantFrom('get', 'set', 'set', 'delete', 'exists'),
  key: keyArbitrary,
  value: valueArbitrary,
  withVersion: fc.boolean(),
})

describe('the engine against a Map', () => {
  it('answers any operations of any sizes alike, and keeps its invariants', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(operationArbitrary, { minLength: 1, maxLength: 80 }), { maxLength: 6 }),
        (sections) => {
          const engine = openTestEngine()
          const oracle = new Oracle(1000n)
          for (const operations of sections) {
            oracle.expectReply(operations, executeSection(engine, operations))
            engine.checkInvariants()
            expect(engine.stats().records).toBe(oracle.records.size)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('grows from nothing through many segments, shrinks, and grows again', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed)
        const engine = openTestEngine({ secret: testSecret(seed) })
        const oracle = new Oracle(1000n)
        const keyCount = 30_000
        for (const share of [{ set: 1 }, { set: 0.1 }, { set: 0.9 }]) {
          for (let round = 0; round < 8; round++) {
            const operations = Array.from({ length: 4_000 }, (): TestOperation => {
              const key = Buffer.from(`${random.nextBelow(keyCount)}`)
              if (random.nextFloat() < 0.2) return { kind: 'get', key }
              if (random.nextFloat() > share.set) return { kind: 'delete', key }
              return { kind: 'set', key, value: Buffer.alloc(random.nextBelow(60), key) }
            })
            oracle.expectReply(operations, executeSection(engine, operations))
          }
          engine.checkInvariants()
        }
        expect(engine.stats().segments).toBeGreaterThan(4)
        const all = [...oracle.records.keys()].map(
          (key): TestOperation => ({ kind: 'get', key: Buffer.from(key, 'latin1') }),
        )
        for (let at = 0; at < all.length; at += 5_000) {
          const operations = all.slice(at, at + 5_000)
          oracle.expectReply(operations, executeSection(engine, operations))
        }
      }),
      { numRuns: 3 },
    )
  })
})
