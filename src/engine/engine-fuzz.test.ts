// Bytes from outside never trap the engine, corrupt it, show what they did not ask for, or make it answer differently
// the second time; and it writes nowhere but where it may.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DrawnOperation, resolve, sectionArbitrary, USUAL_DRAWING } from '../../test/support/drawn-operations.ts'
import {
  encodeOperations,
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  takeEffects,
  testSecret,
} from '../../test/support/engine-harness.ts'
import { ModelState } from '../../test/support/engine-model.ts'
import { STATUS_VALUE } from '../protocol/codes.ts'
import { SluiceError } from '../util/errors.ts'
import { CHECK_OK, EFFECTS_FULL, type Engine, type EvictionPolicy, SLAB_FULL, STOPPED } from './index.ts'

const MIB = 1024 * 1024
const NOW_MS = 1_700_000_000_000

const sections = sectionArbitrary({ ...USUAL_DRAWING, valueBytesMax: 20_000, keyBytesMax: 3_000 }, 25)
const mutations = fc.array(
  fc.record({ at: fc.nat(), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 252, 253, 254, 255)) }),
  { maxLength: 3 },
)
const policies = fc.constantFrom<EvictionPolicy>('none', 'any', 'expiring')

/** A section of drawn operations, encoded. */
function encode(drawn: readonly DrawnOperation[]): Uint8Array {
  const state = new ModelState(new Map(), NOW_MS)
  return encodeOperations(drawn.map((operation) => resolve(operation, state)))
}

function mutate(bytes: Uint8Array, changes: readonly { at: number; byte: number }[]): Uint8Array {
  for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
  return bytes
}

/** Executes bytes if they are operations; returns the results' bytes, or undefined. Never traps. */
function tryExecute(engine: Engine, bytes: Uint8Array, count: number): Buffer | undefined {
  if (engine.stage(bytes, count) !== CHECK_OK) return undefined
  const parts: Uint8Array[] = []
  let [slab, start] = [0, 0]
  let outcome = engine.execute(count, NOW_MS, slab, start)
  for (let calls = 0; ; calls++) {
    expect(calls).toBeLessThan(200)
    parts.push(engine.slabView(slab, start, engine.position).slice())
    start = engine.position
    if (outcome === EFFECTS_FULL) {
      takeEffects(engine)
    } else if (outcome === SLAB_FULL) {
      slab++
      start = 0
    } else {
      break
    }
    outcome = engine.resume(slab, start)
  }
  expect(engine.resultCount).toBeLessThanOrEqual(count)
  if (outcome !== STOPPED) expect(engine.resultCount).toBe(count)
  takeEffects(engine)
  return Buffer.concat(parts)
}

describe('the engine under random bytes', () => {
  it.each<[EvictionPolicy, number]>([
    ['none', 64 * MIB],
    ['any', MIB],
    ['expiring', MIB],
  ])('refuses or executes random and mutated sections, and stays whole (%s evicted)', (eviction, memoryBytesMax) => {
    const engine = openTestEngine({ effects: true, eviction, memoryBytesMax })
    let executed = 0
    const raw = fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 6 },
      { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 },
    )
    fc.assert(
      fc.property(
        fc.noBias(sections),
        mutations,
        fc.integer({ min: -2, max: 2 }),
        raw,
        (operations, changes, countError, random) => {
          const bytes = mutate(random ?? encode(operations), changes)
          const count = Math.max(0, operations.length + (changes.length > 1 ? countError : 0))
          if (tryExecute(engine, bytes, count) !== undefined) executed++
          engine.checkInvariants()
        },
      ),
      { numRuns: 600 },
    )
    expect(executed).toBeGreaterThan(50)
  })

  it('never shows records that nobody asked for, and leaves them as they are', () => {
    const engine = openTestEngine()
    const names = Array.from({ length: 200 }, (_, index) => `STAMPED!KEY!${index}!`)
    const stamp = (name: string): Buffer => Buffer.alloc(40 + name.length * 9, `<VALUE OF ${name}>`)
    const restore = (): void => {
      executeAll(
        engine,
        names.map((key) => ({ kind: 'set', key, value: stamp(key) })),
        NOW_MS,
      )
    }
    restore()
    fc.assert(
      fc.property(fc.noBias(sections), mutations, (operations, changes) => {
        // No mutation makes a drawn key one of the stamped ones.
        const reply = tryExecute(engine, mutate(encode(operations), changes), operations.length)
        expect(reply?.includes('<VALUE OF')).not.toBe(true)
        const reads = names.map((key): TestOperation => ({ kind: 'get', key }))
        const { results } = executeAll(engine, reads, NOW_MS)
        const isCleared = results.every(({ status }) => status !== STATUS_VALUE)
        if (isCleared) return restore()
        results.forEach(({ status, value }, index) => {
          const isRight = status === STATUS_VALUE && stamp(names[index] as string).equals(value)
          if (!isRight) throw new Error(`${names[index]} changed`)
        })
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same bytes, effects and counters for the same frames and arguments', () => {
    fc.assert(
      fc.property(fc.array(sections, { maxLength: 6 }), policies, mutations, (drawn, eviction, changes) => {
        const options = { eviction, effects: true, memoryBytesMax: eviction === 'none' ? 64 * MIB : MIB }
        const [first, second] = [openTestEngine(options), openTestEngine(options)]
        for (const operations of drawn) {
          const bytes = mutate(encode(operations), changes)
          expect(tryExecute(second, bytes, operations.length)).toEqual(tryExecute(first, bytes, operations.length))
          expect(second.stats()).toEqual(first.stats())
        }
        expect(second.digest()).toBe(first.digest())
      }),
      { numRuns: 40 },
    )
  })
})

describe('memory outside the heap', () => {
  it('is written only where results and effects go', () => {
    fc.assert(
      fc.property(sections, mutations, fc.nat(1_000), fc.boolean(), (operations, changes, offset, effects) => {
        const engine = openTestEngine({ effects, replySlabsMax: 6 })
        executeSection(engine, [{ kind: 'set', key: 'key:1', value: Buffer.alloc(200_000, 'v') }], NOW_MS)
        const bytes = mutate(encode(operations), changes)
        if (engine.stage(bytes, operations.length) !== CHECK_OK) return
        const first = engine.slabCount - 4
        const start = engine.slabBytes - 1_000 + offset
        const memory = canaryMemory(engine, effects)
        let [slab, from] = [first, Math.min(start, engine.slabBytes - 100)]
        let outcome = engine.execute(operations.length, NOW_MS, slab, from)
        memory.allowSlab(slab, from, engine.position)
        while (outcome === SLAB_FULL && slab < engine.slabCount - 1) {
          slab++
          from = 0
          outcome = engine.resume(slab, from)
          memory.allowSlab(slab, from, engine.position)
        }
        memory.expectUntouched()
      }),
      { numRuns: 60 },
    )
  })
})

/** Bytes past the end of its results that a copy may write, inside the slab or its tail. */
const OVERRUN_BYTES_MAX = 64
const SLAB_TAIL_BYTES = 64
const CANARY = 0xa5
/** Bytes of the effects' buffer that are looked at: more than most sections fill. */
const EFFECT_BYTES_WATCHED = 4 * MIB

/** Takes a picture of all memory below the heap that an execution may not write, but for what is allowed afterwards. */
function canaryMemory(engine: Engine, effects: boolean) {
  const { request } = engine
  const all = Buffer.from(request.buffer)
  const slabsAt = engine.slabView(0, 0, 0).byteOffset
  const stride = engine.slabView(1, 0, 0).byteOffset - slabsAt
  const slabsEnd = slabsAt + stride * engine.slabCount
  all.fill(CANARY, slabsAt, slabsEnd)
  if (effects) all.fill(CANARY, slabsEnd, slabsEnd + EFFECT_BYTES_WATCHED)
  const before = Buffer.from(all.subarray(0, slabsEnd))
  // Static data and the secret lie first: what is between them and the request, the engine works with.
  const secretEnd = 65_536 + 131_072
  return {
    allowSlab(slab: number, start: number, end: number): void {
      const at = slabsAt + slab * stride
      const to = at + Math.min(end + OVERRUN_BYTES_MAX + 24, engine.slabBytes + SLAB_TAIL_BYTES)
      all.copy(before, at + start, at + start, to)
    },
    expectUntouched(): void {
      for (const [from, to] of [
        [0, secretEnd],
        [request.byteOffset, slabsEnd],
      ] as const) {
        expect(Buffer.compare(all.subarray(from, to), before.subarray(from, to))).toBe(0)
      }
      if (!effects) return
      const { length } = engine.effects().bytes
      const behind = all.subarray(slabsEnd + length, slabsEnd + Math.max(length, EFFECT_BYTES_WATCHED))
      expect(behind.equals(Buffer.alloc(behind.length, CANARY))).toBe(true)
    },
  }
}

describe('a mutated stream of effects', () => {
  it('is applied or refused, and never corrupts', () => {
    const source = openTestEngine({ effects: true, eviction: 'any', memoryBytesMax: MIB })
    let refused = 0
    fc.assert(
      fc.property(fc.array(sections, { minLength: 1, maxLength: 3 }), mutations, fc.nat(), (drawn, changes, cut) => {
        const copy = openTestEngine({ secret: testSecret(7), versionStart: source.stats().version, replySlabsMax: 1 })
        for (const operations of drawn) {
          const { effects } = executeAll(source, resolved(operations), NOW_MS)
          const damaged = mutate(effects.slice(), changes)
          try {
            copy.applyEffects(cut % 5 === 0 ? damaged.slice(0, cut % (damaged.length + 1)) : damaged, NOW_MS)
          } catch (error) {
            if (!(error instanceof SluiceError)) throw error
            refused++
          }
          copy.checkInvariants()
        }
      }),
      { numRuns: 150 },
    )
    expect(refused).toBeGreaterThan(20)
  })
})

function resolved(drawn: readonly DrawnOperation[]): TestOperation[] {
  const state = new ModelState(new Map(), NOW_MS)
  return drawn.map((operation) => resolve(operation, state))
}
