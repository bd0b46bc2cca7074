import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import { FRAME_BYTES_TARGET, FRAME_OPS_MAX } from '../protocol/limits.ts'
import { BatchError } from './batch-error.ts'

const LARGEST_KEY = 'k'.repeat(65_535)
const LARGEST_VALUE = new Uint8Array(8 * 1024 * 1024).fill(7)

describe('a batch', () => {
  it('has results by the index of the append', async () => {
    const client = await open(oneShard())
    const batch = client.batch()
    const indexes = [
      batch.set('a', '1'),
      batch.get('a'),
      batch.get('b'),
      batch.exists('a'),
      batch.delete('a'),
      batch.exists('a'),
    ]
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5])
    expect(batch.size).toBe(6)
    const results = await batch.send()
    expect(results).toHaveLength(6)
    expect(indexes.map((index) => results.found(index))).toEqual([true, true, false, true, true, false])
    expect(indexes.map((index) => results.string(index))).toEqual([
      undefined,
      '1',
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(indexes.map((index) => results.fate(index))).toEqual(Array(6).fill('done'))
    expect(results.value(1)).toEqual(Uint8Array.of(0x31))
    expect(results.error(1)).toBeUndefined()
    expect(results.version(1)).toBe(0n)
  })

  it('without operations has no results', async () => {
    const client = await open(oneShard())
    expect(await client.batch().send()).toHaveLength(0)
  })

  it('has versions when asked for', async () => {
    const client = await open(oneShard())
    const batch = client.batch({ withVersions: true })
    for (const append of [
      () => batch.set('a', '1'),
      () => batch.get('a'),
      () => batch.exists('a'),
      () => batch.get('b'),
    ])
      append()
    const results = await batch.send()
    expect([0, 1, 2, 3].map((index) => results.version(index))).toEqual([1n, 1n, 1n, 0n])
    expect(results.string(1)).toBe('1')
  })

  it('takes parts of larger arrays, and hands out values in place', async () => {
    const client = await open(oneShard())
    const bytes = new TextEncoder().encode('..key..value..')
    const batch = client.batch()
    batch.setBytes(bytes, 2, 5, bytes, 7, 12)
    batch.getBytes(bytes, 2, 5)
    const results = await batch.send()
    const start = results.valueStart(1)
    expect(Buffer.from(results.source(1).subarray(start, start + results.valueBytes(1))).toString()).toBe('value')
    expect(await client.getString('key')).toBe('value')
  })

  it('is as it was after an append that throws', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const batch = client.batch()
    expect(() => batch.get('')).toThrow(expect.objectContaining({ code: 'KEY_TOO_LARGE' }))
    expect(() => batch.set('k', new Uint8Array(LARGEST_VALUE.length + 1))).toThrow(
      expect.objectContaining({ code: 'VALUE_TOO_LARGE' }),
    )
    expect(batch.set(LARGEST_KEY, LARGEST_VALUE)).toBe(0)
    expect(() => batch.set(`${LARGEST_KEY}k`, '')).toThrow(expect.objectContaining({ code: 'KEY_TOO_LARGE' }))
    expect(await batch.send()).toHaveLength(1)
    const value = await client.get(LARGEST_KEY)
    expect(value !== undefined && Buffer.compare(value, LARGEST_VALUE) === 0).toBe(true)
  })

  it('cannot be used after send', async () => {
    const client = await open(oneShard())
    const batch = client.batch()
    batch.get('a')
    await batch.send()
    const sent = expect.objectContaining({ code: 'INVALID_ARGUMENT' })
    expect(() => batch.get('a')).toThrow(sent)
    expect(() => batch.set('a', '')).toThrow(sent)
    expect(() => batch.size).toThrow(sent)
    expect(() => batch.send()).toThrow(sent)
  })

  it('reports a lack of memory as a result', async () => {
    const cluster = oneShard()
    cluster.isFull = (key) => key === 'b'
    const client = await open(cluster)
    const batch = client.batch()
    for (const key of ['a', 'b', 'c']) batch.set(key, key)
    const results = await batch.send()
    expect([0, 1, 2].map((index) => results.fate(index))).toEqual(['done', 'not-done', 'done'])
    expect(results.error(1)).toMatchObject({ code: 'NO_MEMORY', fate: 'not-done' })
    expect(results.found(1)).toBe(false)
  })
})

describe('a batch over several shards', () => {
  it('sends each thread one frame, and has its results in the order of the appends', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    const batch = client.batch()
    for (let index = 0; index < 600; index++) batch.set(`key:${index}`, `${index}`)
    for (let index = 0; index < 600; index++) batch.get(`key:${index}`)
    const results = await batch.send()
    for (let index = 0; index < 600; index++) expect(results.string(600 + index)).toBe(`${index}`)
    const frames = cluster.connections.filter(({ isClosed }) => !isClosed).flatMap(({ received }) => received)
    expect(frames.map(({ sections }) => sections.length)).toEqual([2, 2, 2])
  })

  it('matches a map, whatever its operations are', async () => {
    const operation = fc.tuple(fc.constantFrom('get', 'set', 'delete', 'exists'), fc.integer({ min: 0, max: 9 }))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 40 }), { maxLength: 6 }), async (batches) => {
        const client = await open(sixShards())
        const model = new Map<string, string>()
        let value = 0
        for (const operations of batches) {
          const batch = client.batch()
          const expected = operations.map(([name, number]) => {
            const key = `key:${number}`
            const before = model.get(key)
            if (name === 'get') batch.get(key)
            else if (name === 'exists') batch.exists(key)
            else if (name === 'delete') {
              batch.delete(key)
              model.delete(key)
            } else {
              batch.set(key, `${++value}`)
              model.set(key, `${value}`)
              return [true, undefined]
            }
            return [before !== undefined, name === 'get' ? before : undefined]
          })
          const results = await batch.send()
          expect(operations.map((_, index) => [results.found(index), results.string(index)])).toEqual(expected)
          if (value % 2 === 0) results.release()
        }
        client.destroy()
      }),
      { numRuns: 30 },
    )
  })
})

describe('a batch larger than a frame', () => {
  it('is split by bytes and keeps the order of each shard', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    const value = 'v'.repeat(1_000)
    const batch = client.batch()
    for (let index = 0; index < 3_000; index++) batch.set(`{${index % 7}}:${index}`, value)
    for (let index = 0; index < 3_000; index++) batch.get(`{${index % 7}}:${index}`)
    const results = await batch.send()
    for (let index = 0; index < 3_000; index++)
      if (results.string(3_000 + index) !== value) expect.fail(`wrong value at ${index}`)
    const frames = cluster.connections.flatMap(({ received }) => received)
    expect(frames.length).toBeGreaterThan((3_000 * 1_000) / FRAME_BYTES_TARGET)
    const numbers = (tag: string): number[] =>
      cluster.executed.filter((line) => line.startsWith(`set {${tag}}`)).map((line) => Number(line.split(':')[1]))
    for (const tag of '0123456') expect(numbers(tag)).toEqual(numbers(tag).toSorted((a, b) => a - b))
  })

  it('is split by operations', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    const batch = client.batch()
    for (let index = 0; index < FRAME_OPS_MAX + 1; index++) batch.get('k')
    await batch.send()
    const counts = cluster.only().received.map(({ sections }) => sections[0]?.operations.length)
    expect(counts).toEqual([FRAME_OPS_MAX, 1])
  })
})

describe('released results', () => {
  it('throw', async () => {
    const client = await open(oneShard())
    const batch = client.batch()
    batch.get('a')
    const results = await batch.send()
    results.release()
    results.release()
    expect(results).toHaveLength(0)
    const released = expect.objectContaining({ code: 'CLOSED' })
    expect(() => results.status(0)).toThrow(released)
    expect(() => results.value(0)).toThrow(released)
    expect(() => results.string(0)).toThrow(released)
    expect(() => results.version(0)).toThrow(released)
    expect(() => results.source(0)).toThrow(released)
  })

  it('do not disturb results that are still held', async () => {
    const client = await open(oneShard())
    const read = async (value: string) => {
      const batch = client.batch()
      batch.set('key', value)
      batch.get('key')
      return await batch.send()
    }
    const held = await read('held')
    for (let round = 0; round < 10; round++) (await read(`round ${round}`)).release()
    expect(held.string(1)).toBe('held')
  })

  it('know only the operations of their batch', async () => {
    const client = await open(oneShard())
    const batch = client.batch()
    batch.get('a')
    const results = await batch.send()
    for (const index of [-1, 1, Number.NaN]) {
      expect(() => results.status(index)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
  })
})

describe('a batch that is answered in part', () => {
  it('rejects, and says what became of each operation', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    cluster.isHolding = true
    const batch = client.batch()
    for (let index = 0; index < 60; index++) batch.set(`key:${index}`, 'v')
    const sent = batch.send()
    await turns()
    cluster.at('one:1')[0]?.answer()
    await turns()
    cluster.at('one:2')[0]?.cut()
    cluster.at('two:1')[0]?.answer()
    const error: unknown = await sent.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BatchError)
    if (!(error instanceof BatchError)) return
    expect(error).toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
    const fates = Array.from({ length: 60 }, (_, index) => error.results.fate(index))
    expect(fates.filter((fate) => fate === 'done')).toHaveLength(cluster.executed.length)
    expect(fates.filter((fate) => fate === 'unknown')).toHaveLength(60 - cluster.executed.length)
    const lost = fates.indexOf('unknown')
    expect(error.results.error(lost)).toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
    expect(error.results.value(lost)).toBeUndefined()
    expect(error.results.found(lost)).toBe(false)
    expect(error.results.source(lost)).toHaveLength(0)
  })
})
