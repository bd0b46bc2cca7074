// Every call of the client against a real server of several shards, in this thread.

import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { createLocalServer } from '../server/local-server.ts'
import type { SluiceError } from '../util/errors.ts'
import { seededRandom } from '../util/random.ts'
import type { Client } from './client.ts'
import { connect } from './connect.ts'
import type { ClientOptions } from './options.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function open(options: ClientOptions = {}): Promise<Client> {
  const server = createLocalServer({ threads: 2, shardsPerThread: 3, memoryBytesMax: 16 * 1024 * 1024 })
  const client = await connect(server.address, { transport: server, ...options })
  closers.push(
    () => client.destroy(),
    () => server.destroy(),
  )
  return client
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('writes', () => {
  it('take place only if their condition holds', async () => {
    const client = await open()
    expect(await client.set('k', '1', { if: 'present' })).toBe(false)
    expect(await client.set('k', '1', { if: 'absent' })).toBe(true)
    expect(await client.set('k', '2', { if: 'absent' })).toBe(false)
    expect(await client.set('k', '2', { if: 'present' })).toBe(true)
    const record = await client.getRecord('k')
    expect(record).toMatchObject({ expiresAtMs: Infinity })
    expect(text(record?.value)).toBe('2')
    const version = record?.version ?? 0n
    const next = await client.compareAndSet('k', '3', version)
    expect(next).toBeGreaterThan(version)
    expect(await client.compareAndSet('k', '4', version)).toBe(undefined)
    expect(await client.delete('k', { if: version })).toBe(false)
    expect(await client.set('k', '5', { if: next ?? 0n })).toBe(true)
    expect(await client.getString('k')).toBe('5')
    expect(await client.compareAndSet('nobody', '1', 5n)).toBe(undefined)
  })

  it('give back what was there before', async () => {
    const client = await open()
    expect(await client.exchange('k', 'a')).toBe(undefined)
    expect(text(await client.exchange('k', 'b'))).toBe('a')
    expect(text(await client.take('k'))).toBe('b')
    expect(await client.take('k')).toBe(undefined)
  })

  it('count, append and write into values', async () => {
    const client = await open()
    expect(await client.add('n')).toBe(1n)
    expect(await client.add('n', -3)).toBe(-2n)
    expect(await client.add('n', 2n ** 62n)).toBe(2n ** 62n - 2n)
    await expect(client.add('n', 2n ** 62n + 2n)).rejects.toMatchObject({ code: 'OVERFLOW', fate: 'not-done' })
    await client.set('text', 'x')
    await expect(client.add('text')).rejects.toMatchObject({ code: 'NOT_A_NUMBER', fate: 'not-done' })
    await expect(client.add('n', 0.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await client.append('a', 'abc')).toBe(3)
    expect(await client.append('a', 'def')).toBe(6)
    expect(await client.writeRange('a', 8, 'x')).toBe(9)
    expect(await client.getString('a')).toBe('abcdef\0\0x')
    expect(text(await client.readRange('a', 2, 3))).toBe('cde')
    expect(text(await client.readRange('a', 7, 100))).toBe('\0x')
    expect(await client.readRange('nobody', 0, 1)).toBe(undefined)
    await expect(client.writeRange('a', 8 * 1024 * 1024, 'x')).rejects.toMatchObject({ code: 'VALUE_TOO_LARGE' })
  })

  it('make records expire, and let them live', async () => {
    const client = await open()
    const before = Date.now()
    await client.set('k', 'v', { ttlMs: 60_000 })
    const record = await client.getRecord('k')
    expect(record?.expiresAtMs).toBeGreaterThanOrEqual(before + 60_000)
    expect(record?.expiresAtMs).toBeLessThanOrEqual(Date.now() + 60_001)
    expect(await client.expire('k', 1_000, { if: 'later' })).toBe(false)
    expect(await client.expire('k', 1_000, { if: 'earlier' })).toBe(true)
    await client.set('k', 'w', { keepExpiry: true })
    expect((await client.getRecord('k'))?.expiresAtMs).toBeLessThan(before + 60_000)
    expect(await client.expire('k', Infinity)).toBe(true)
    expect((await client.getRecord('k'))?.expiresAtMs).toBe(Infinity)
    expect(await client.expire('nobody', 5)).toBe(false)
    await client.set('gone', 'v', { expiresAtMs: 1 })
    expect(await client.exists('gone')).toBe(false)
    expect(await client.add('counter', 1, { ttlMs: 60_000 })).toBe(1n)
    expect((await client.getRecord('counter'))?.expiresAtMs).toBeLessThan(Infinity)
    await expect(client.set('k', 'v', { ttlMs: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(client.set('k', 'v', { ttlMs: 5, keepExpiry: true })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})

describe('JSON', () => {
  it('goes in and out', async () => {
    const client = await open()
    const value = { name: 'Ada', tags: ['a', 'ä'], nested: { n: null } }
    await client.setJson('k', value, { ttlMs: 60_000 })
    expect(await client.getJson('k')).toEqual(value)
    expect(await client.getJson('nobody')).toBe(undefined)
    await client.set('broken', '{"a":')
    await expect(client.getJson('broken')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      cause: { name: 'SyntaxError' },
    })
    await expect(client.setJson('k', undefined)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(client.setJson('k', 1n)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await client.getJson('k')).toEqual(value)
  })
})

describe('many keys', () => {
  it('are read in their order over all shards, with duplicates and gaps', async () => {
    const client = await open()
    const keys = Array.from({ length: 500 }, (_, index) => `key:${index}`)
    await client.setMany(keys.filter((_, index) => index % 3 !== 0).map((key) => [key, `value of ${key}`]))
    const asked = [...keys, 'key:1', 'key:0', 'key:1'].toReversed()
    const expected = asked.map((key) => (Number(key.slice(4)) % 3 === 0 ? undefined : `value of ${key}`))
    expect(await client.getManyStrings(asked)).toEqual(expected)
    expect((await client.getMany(asked.map((key) => Buffer.from(key)))).map(text)).toEqual(expected)
    expect(await client.getMany([])).toEqual([])
    const calls = await Promise.all(keys.map((key) => client.getManyStrings([key, 'key:1'])))
    expect(calls.map(([, second]) => second)).toEqual(keys.map(() => 'value of key:1'))
    expect(await client.deleteMany(keys)).toBe(333)
    expect(await client.count()).toBe(0)
  })

  it('fail as a whole when one of them cannot be asked for', async () => {
    const client = await open()
    await expect(client.getMany(['a', '', 'b'])).rejects.toMatchObject({ code: 'KEY_TOO_LARGE' })
    await client.set('a', '1')
    expect(await client.getManyStrings(['a'])).toEqual(['1'])
  })
})

describe('the whole cluster', () => {
  it('is scanned, counted and cleared', async () => {
    const client = await open()
    const keys = Array.from({ length: 3_000 }, (_, index) => `key:${index}`).sort()
    await client.setMany(keys.map((key) => [key, 'v']))
    expect(await client.count()).toBe(3_000)
    expect((await collect(client.scanStrings({ pageKeys: 7 }))).sort()).toEqual(keys)
    expect((await collect(client.scan())).map(text).sort()).toEqual(keys)
    await expect(collect(client.scan({ pageKeys: 0 }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await client.clear()
    expect(await client.count()).toBe(0)
    expect(await collect(client.scan())).toEqual([])
  })

  it('shows a scan each record that stays, whatever comes and goes', async () => {
    const client = await open()
    const stay = Array.from({ length: 1_000 }, (_, index) => `stay:${index}`)
    await client.setMany(stay.map((key) => [key, 'v']))
    const seen = new Set<string>()
    let round = 0
    for await (const key of client.scanStrings({ pageKeys: 20 })) {
      seen.add(key)
      if (++round % 50 === 0) await client.setMany(stay.slice(0, 50).map((name) => [`new:${round}:${name}`, 'v']))
      if (round > 20_000) throw new Error('the scan does not end')
    }
    expect(stay.filter((key) => !seen.has(key))).toEqual([])
  })
})

describe('an atomic batch', () => {
  it('takes effect as a whole', async () => {
    const client = await open()
    const batch = client.atomic()
    const [ada, bob] = [batch.add('{bank}:ada', -10), batch.add('{bank}:bob', 10)]
    expect(batch.size).toBe(2)
    const { committed, results } = await batch.send()
    expect({ committed, ada: results.number(ada), bob: results.number(bob) }).toEqual({
      committed: true,
      ada: -10n,
      bob: 10n,
    })
    await expect(batch.send()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('or not at all, and says which operation kept it from that', async () => {
    const client = await open()
    await client.set('{t}:a', '1')
    const unmet = client.atomic()
    const [write, guard] = [unmet.set('{t}:b', '2'), unmet.set('{t}:a', '3', { if: 'absent' })]
    const first = await unmet.send()
    expect(first.committed).toBe(false)
    expect(first.results.met(guard)).toBe(false)
    expect(first.results.error(write)).toMatchObject({ code: 'ABORTED', fate: 'not-done' })
    const failing = client.atomic()
    failing.set('{t}:b', '2')
    await client.set('{t}:text', 'x')
    const sum = failing.add('{t}:text')
    const second = await failing.send()
    expect(second.committed).toBe(false)
    expect(second.results.error(sum)).toMatchObject({ code: 'NOT_A_NUMBER' })
    expect(await client.exists('{t}:b')).toBe(false)
  })

  it('has a largest size, and keys of one shard', async () => {
    const client = await open()
    const apart = client.atomic()
    for (let index = 0; index < 20; index++) apart.get(`key:${index}`)
    await expect(apart.send()).rejects.toThrow('"key:0" and "key:')
    await expect(client.atomic().send()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const many = client.atomic()
    for (let index = 0; index < 1_024; index++) many.set(`{t}:${index}`, 'v'.repeat(1_000))
    expect(() => many.get('{t}')).toThrow('at most 1024')
    expect((await many.send()).committed).toBe(true)
    expect(await client.count()).toBe(1_024)
    const wide = client.atomic()
    wide.set('{t}:1', Buffer.alloc(8 * 1024 * 1024))
    expect(() => wide.set('{t}:2', Buffer.alloc(8 * 1024 * 1024))).toThrow('bytes')
  })
})

describe('limits of a call', () => {
  it('reject before anything is sent when the signal is aborted', async () => {
    const client = await open()
    const signal = AbortSignal.abort(new Error('no'))
    for (const call of [
      client.set('k', 'v', { signal }),
      client.get('k', { signal }),
      client.getMany(['k'], { signal }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'CANCELLED', fate: 'not-done', cause: { message: 'no' } })
    }
    expect(await client.exists('k')).toBe(false)
  })

  it('reject writes under way as unknown, reads as not done', async () => {
    const client = await open()
    const controller = new AbortController()
    const { signal } = controller
    const calls = [client.set('k', 'v', { signal }), client.add('n', 1, { signal }), client.get('k', { signal })]
    controller.abort()
    const fates = await Promise.all(
      calls.map((call) => call.catch((error: SluiceError) => `${error.code} ${error.fate}`)),
    )
    expect(fates).toEqual(['CANCELLED unknown', 'CANCELLED unknown', 'CANCELLED not-done'])
  })

  it('can be a time, and leave nothing behind when the call is quicker', async () => {
    const clock = new ManualClock()
    const client = await open({ clock })
    const late = client.set('k', 'v', { timeoutMs: 5 })
    clock.advance(5)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', fate: 'unknown' })
    await client.get('k', { timeoutMs: 1_000 })
    clock.advance(500)
    expect(clock.timerCount).toBe(0)
    await expect(client.get('k', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('calls on a full queue', () => {
  it('wait in order, and keep what they were given', async () => {
    const client = await open({ queueBytesMax: 2_000, framesInFlightMax: 1 })
    const value = Buffer.alloc(1_500, '0')
    const calls: Promise<unknown>[] = []
    for (let index = 0; index < 200; index++) {
      value.write(`${index}`.padEnd(4))
      calls.push(client.set('{t}', value), client.append('{t}:log', `${index} `))
      if (index % 10 === 0) await Promise.resolve()
    }
    await Promise.all(calls)
    const log = await client.getString('{t}:log')
    expect(log).toBe(Array.from({ length: 200 }, (_, index) => `${index} `).join(''))
    expect((await client.getString('{t}'))?.slice(0, 4)).toBe('199 ')
  })
})

it('agrees with a Map on random calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const random = seededRandom(seed)
      const client = await open()
      const model = new Map<string, string>()
      const calls: Promise<unknown>[] = []
      const expected: unknown[] = []
      const note = (call: Promise<unknown>, result: unknown): void => {
        calls.push(call)
        expected.push(result)
      }
      for (let step = 0; step < 300; step++) {
        const key = `${random.nextBelow(40)}`
        const value = `${random.nextBelow(1_000)}`
        const before = model.get(key)
        switch (random.nextBelow(8)) {
          case 0:
            note(client.getString(key), before)
            break
          case 1:
            note(client.set(key, value), true)
            model.set(key, value)
            break
          case 2:
            note(client.set(key, value, { if: 'absent' }), before === undefined)
            if (before === undefined) model.set(key, value)
            break
          case 3:
            note(client.delete(key), model.delete(key))
            break
          case 4: {
            const sum = BigInt(before ?? '0') + BigInt(value)
            note(client.add(key, BigInt(value)), sum)
            model.set(key, `${sum}`)
            break
          }
          case 5:
            note(client.exchange(key, value).then(text), before)
            model.set(key, value)
            break
          case 6: {
            const keys = Array.from({ length: 5 }, () => `${random.nextBelow(40)}`)
            note(
              client.getManyStrings(keys),
              keys.map((name) => model.get(name)),
            )
            break
          }
          default:
            note(client.exists(key), before !== undefined)
        }
        if (random.nextBelow(20) === 0) await Promise.all(calls)
      }
      expect(await Promise.all(calls)).toEqual(expected)
      expect((await collect(client.scanStrings())).sort()).toEqual([...model.keys()].sort())
    }),
    { numRuns: 10 },
  )
})
