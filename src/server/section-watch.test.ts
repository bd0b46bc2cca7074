import { describe, expect, it } from 'vitest'
import {
  encodeOperations,
  executeSection,
  openTestEngine,
  type TestOperation,
} from '../../test/support/engine-harness.ts'
import { openTestRuntime, operationsFrame, TestPeer } from '../../test/support/server-harness.ts'
import { FRAME_OPS_MAX } from '../protocol/limits.ts'
import { type Random, seededRandom } from '../util/random.ts'
import { HotKeys } from './hot-keys.ts'
import { type ExecutedSection, OPERATIONS_PER_SAMPLE, SECTION_SIZES, SectionWatch } from './section-watch.ts'

/** Keys of one letter, so that an operation has three bytes. */
function sectionOf(keys: string): ExecutedSection {
  const request = encodeOperations([...keys].map((key) => ({ kind: 'get', key })))
  return { resultCount: keys.length, request, stagedAt: (index) => index * 3 }
}

/** Counts all that is sampled, by key. */
class SampleCounter extends HotKeys {
  readonly counts = new Map<string, number>()

  override add(key: Uint8Array | undefined): void {
    const text = String.fromCharCode(...(key ?? []))
    this.counts.set(text, (this.counts.get(text) ?? 0) + 1)
  }
}

/** Samples every operation: the gap is the shortest that can be drawn. */
const everyOperation: Random = { ...seededRandom(1), nextFloat: () => 0 }

describe('the sample', () => {
  it.each([
    // Short sections that begin with one key, long ones of others, and a period that divides the gap's mean.
    ['places in a section', ['abbb', 'c'.repeat(5_000)]],
    ['sections of one operation among large ones', ['a', 'b', 'c'.repeat(FRAME_OPS_MAX)]],
    ['a period', [`a${'b'.repeat(1_023)}`, `c${'b'.repeat(1_023)}`]],
  ])('has no bias for %s', (_, sections) => {
    const executed = new Map<string, number>()
    const counter = new SampleCounter()
    const watch = new SectionWatch(seededRandom(7), counter)
    const engines = sections.map(sectionOf)
    const letters = sections.map((keys) => [...keys])
    let operations = 0
    for (let round = 0; operations < 3e7; round++) {
      const at = round % sections.length
      watch.note(engines[at] as ExecutedSection)
      operations += letters[at]?.length ?? 0
    }
    const rounds = Math.round(operations / sections.join('').length)
    for (const key of letters.flat()) executed.set(key, (executed.get(key) ?? 0) + rounds)
    for (const [key, count] of executed) {
      const expected = count / OPERATIONS_PER_SAMPLE
      // Five standard deviations of independent samples.
      const sampled = counter.counts.get(key) ?? 0
      expect(Math.abs(sampled - expected)).toBeLessThan(5 * Math.sqrt(expected) + 5)
    }
  })

  it('takes operations that were executed, with the keys that the engine lists', () => {
    const engine = openTestEngine()
    const watch = new SectionWatch(everyOperation, new HotKeys())
    const operations: TestOperation[] = [
      { kind: 'set', key: 'plain', value: 'x' },
      { kind: 'get', key: 'k'.repeat(300) },
      { kind: 'add', key: 'number', delta: 1n, expiryMs: 99 },
      { kind: 'count' },
      { kind: 'atomic', count: 1 },
      { kind: 'delete', key: 'plain', previous: true },
    ]
    executeSection(engine, operations)
    watch.note(engine)
    const shares = watch.hotKeys().map(({ key, keyBytes, share }) => [key, keyBytes, share])
    expect(shares).toEqual([
      ['plain', 5, 2 / 6],
      ['k'.repeat(128), 300, 1 / 6],
      ['number', 6, 1 / 6],
    ])
  })

  it('is taken of what a thread executes', () => {
    const { runtime } = openTestRuntime()
    const peer = TestPeer.open(runtime)
    const get = { kind: 'get', key: 'hot' } as const
    for (let sequence = 1; sequence <= 20; sequence++) {
      peer.send(operationsFrame(sequence, [{ operations: Array.from({ length: 2_000 }, () => get) }]))
    }
    expect(runtime.stats().hotKeys).toEqual([{ key: 'hot', encoding: 'utf8', keyBytes: 3, share: 1, shareLeast: 1 }])
    expect(JSON.stringify(runtime.stats().shardStats)).not.toContain('hot')
  })
})

describe('sizes of sections', () => {
  it('are counted by powers of two', () => {
    const watch = new SectionWatch(seededRandom(1))
    const request = new Uint8Array(0)
    const quiet = new SectionWatch({ ...seededRandom(1), nextFloat: () => 1 - 2 ** -32 })
    for (const resultCount of [0, 1, 2, 3, 4, 5, 8, 9]) quiet.note({ resultCount, request, stagedAt: () => 0 })
    expect(quiet.sizes()).toEqual([2, 1, 2, 2, 1, ...Array(SECTION_SIZES - 5).fill(0)])
    expect(watch.sizes()).toHaveLength(SECTION_SIZES)
    const largest = sectionOf('x'.repeat(FRAME_OPS_MAX))
    watch.note(largest)
    expect(watch.sizes().at(-1)).toBe(1)
  })

  it('are told in the stats, and their operations are all operations', () => {
    const { runtime } = openTestRuntime({ shards: 2 })
    const peer = TestPeer.open(runtime)
    const get = { kind: 'get', key: 'k' } as const
    peer.send(operationsFrame(1, [{ operations: [get, get, get] }, { operations: [get], shard: 1 }]))
    const { sectionSizes, operations, shardStats } = runtime.stats()
    expect(sectionSizes.slice(0, 4)).toEqual([1, 0, 1, 0])
    expect(operations).toBe(4)
    expect(shardStats.map(({ shard, operations }) => [shard, operations])).toEqual([
      [0, 3],
      [1, 1],
    ])
  })
})
