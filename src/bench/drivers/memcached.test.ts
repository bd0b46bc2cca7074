import { describe, expect, it } from 'vitest'
import { blockOf } from '../../../test/support/operation-blocks.ts'
import { type Exchange, ScriptedServer } from '../../../test/support/scripted-server.ts'
import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
import { KIND_ADD, KIND_DELETE, KIND_EXPIRE, KIND_INCREMENT, KIND_READ, KIND_UPDATE } from '../workload/kinds.ts'
import { ValueTable } from '../workload/values.ts'
import { MemcachedDriver } from './memcached.ts'
import type { MemcachedDialect } from './memcached-writer.ts'

const values = new ValueTable({ kind: 'fixed', bytes: 100 })
const TEXT_7 = Buffer.from(values.value(7)).toString('latin1')

/** Operations on the record of rank 7, what they are asked with and what is answered, and their statuses. */
const OPERATIONS = [
  { kind: KIND_READ, rank: 7, status: STATUS_VALUE },
  { kind: KIND_READ, rank: 7, status: STATUS_MISSING },
  { kind: KIND_UPDATE, rank: 7, status: STATUS_OK },
  { kind: KIND_EXPIRE, rank: 7, status: STATUS_OK },
  { kind: KIND_ADD, rank: 7, status: STATUS_OK },
  { kind: KIND_ADD, rank: 7, status: STATUS_UNMET },
  { kind: KIND_DELETE, rank: 7, status: STATUS_OK },
  { kind: KIND_DELETE, rank: 7, status: STATUS_MISSING },
  { kind: KIND_INCREMENT, rank: 7, key: 'c:7', status: STATUS_NUMBER },
]

const EXCHANGES: Readonly<Record<MemcachedDialect, readonly Exchange[]>> = {
  text: [
    { request: 'get 7\r\n', reply: `VALUE 7 0 100\r\n${TEXT_7}\r\nEND\r\n` },
    { request: 'get 7\r\n', reply: 'END\r\n' },
    { request: `set 7 0 0 100\r\n${TEXT_7}\r\n`, reply: 'STORED\r\n' },
    { request: `set 7 0 2 100\r\n${TEXT_7}\r\n`, reply: 'STORED\r\n' },
    { request: `add 7 0 0 100\r\n${TEXT_7}\r\n`, reply: 'STORED\r\n' },
    { request: `add 7 0 0 100\r\n${TEXT_7}\r\n`, reply: 'NOT_STORED\r\n' },
    { request: 'delete 7\r\n', reply: 'DELETED\r\n' },
    { request: 'delete 7\r\n', reply: 'NOT_FOUND\r\n' },
    { request: 'add c:7 0 0 1 noreply\r\n0\r\nincr c:7 1\r\n', reply: '12\r\n' },
  ],
  meta: [
    { request: 'mg 7 v\r\n', reply: `VA 100\r\n${TEXT_7}\r\n` },
    { request: 'mg 7 v\r\n', reply: 'EN\r\n' },
    { request: `ms 7 100\r\n${TEXT_7}\r\n`, reply: 'HD\r\n' },
    { request: `ms 7 100 T2\r\n${TEXT_7}\r\n`, reply: 'HD\r\n' },
    { request: `ms 7 100 ME\r\n${TEXT_7}\r\n`, reply: 'HD\r\n' },
    { request: `ms 7 100 ME\r\n${TEXT_7}\r\n`, reply: 'NS\r\n' },
    { request: 'md 7\r\n', reply: 'HD\r\n' },
    { request: 'md 7\r\n', reply: 'NF\r\n' },
    { request: 'ma c:7 N0 J1 v\r\n', reply: 'VA 2\r\n12\r\n' },
  ],
}

async function withServer(
  script: readonly Exchange[],
  dialect: MemcachedDialect,
  use: (driver: MemcachedDriver) => Promise<void>,
): Promise<void> {
  await using server = await ScriptedServer.open(script, 'bytes')
  const driver = await MemcachedDriver.open(server.address, values, dialect)
  await use(driver)
  expect(server.unexpected).toBe('')
  await driver.close()
}

describe.each(['text', 'meta'] as const)('the driver of memcached, with %s commands', (dialect) => {
  const exchanges = EXCHANGES[dialect]

  it('drives every kind of operation', async () => {
    const request = exchanges.map((each) => each.request).join('')
    const reply = exchanges.map((each) => each.reply).join('')
    await withServer([{ request, reply }], dialect, async (driver) => {
      const results = await driver.execute(blockOf(OPERATIONS))
      expect(OPERATIONS.map((_, index) => results.status(index))).toEqual(OPERATIONS.map(({ status }) => status))
      expect(results.valueBytes(0)).toBe(100)
      expect(values.firstDifference(results.source(0), results.valueStart(0), 7)).toBe(-1)
      expect(results.number(OPERATIONS.length - 1)).toBe(12n)
      results.release()
      expect([driver.bytesSent, driver.bytesReceived]).toEqual([request.length, reply.length])
    })
  })

  it('rejects a block with an error of the server, and goes on with the next one', async () => {
    const [read, missing, update] = exchanges as [Exchange, Exchange, Exchange]
    const failing = { request: update.request + read.request, reply: `SERVER_ERROR out of memory\r\n${read.reply}` }
    await withServer([failing, missing], dialect, async (driver) => {
      const failed = driver.execute(blockOf([OPERATIONS[2], OPERATIONS[0]] as typeof OPERATIONS))
      const good = driver.execute(blockOf(OPERATIONS.slice(1, 2)))
      await expect(failed).rejects.toMatchObject({
        code: 'NOT_EXECUTED',
        message: expect.stringMatching(/^memcached at \S+ answered: SERVER_ERROR out of memory$/),
      })
      expect((await good).status(0)).toBe(STATUS_MISSING)
    })
  })

  it.each([
    ['ERROR\r\n', 'NOT_EXECUTED', 'ERROR'],
    ['CLIENT_ERROR line format\r\n', 'NOT_EXECUTED', 'CLIENT_ERROR line format'],
    ['5\r\n', 'PROTOCOL', 'reply of another kind'],
    ['NS\r\n', 'PROTOCOL', 'reply of another kind'],
    ['+OK\r\n', 'PROTOCOL', 'no reply of memcached'],
  ])('gives the connection up when the answer to a read is %j', async (reply, code, message) => {
    const { request } = exchanges[0] as Exchange
    await withServer([{ request, reply }], dialect, async (driver) => {
      const block = blockOf(OPERATIONS.slice(0, 1))
      const expected = { code, message: expect.stringContaining(message) }
      await expect(driver.execute(block)).rejects.toMatchObject(expected)
      await expect(driver.execute(block)).rejects.toMatchObject(expected)
    })
  })
})

it('says which counter is gone when memcached has evicted one', async () => {
  const { request } = EXCHANGES.text[8] as Exchange
  await withServer([{ request, reply: 'NOT_FOUND\r\n' }], 'text', async (driver) => {
    await expect(driver.execute(blockOf(OPERATIONS.slice(8)))).rejects.toThrow('NOT_FOUND of a counter')
  })
})
