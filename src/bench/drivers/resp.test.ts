import { describe, expect, it } from 'vitest'
import { blockOf } from '../../../test/support/operation-blocks.ts'
import { type Exchange, type ReplyPieces, ScriptedServer } from '../../../test/support/scripted-server.ts'
import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
import {
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
} from '../workload/kinds.ts'
import { ValueTable } from '../workload/values.ts'
import type { DrivenResults } from './driver.ts'
import { RespDriver } from './resp.ts'

const values = new ValueTable({ kind: 'fixed', bytes: 100 })

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}

function textOf(rank: number): string {
  return Buffer.from(values.value(rank)).toString('latin1')
}

function valueAt(results: DrivenResults, index: number): string {
  const start = results.valueStart(index)
  return Buffer.from(results.source(index).subarray(start, start + results.valueBytes(index))).toString('latin1')
}

const READ_7 = { request: command('GET', '7'), reply: `$100\r\n${textOf(7)}\r\n` }

async function withServer(
  script: readonly Exchange[],
  pieces: ReplyPieces,
  use: (driver: RespDriver) => Promise<void>,
) {
  await using server = await ScriptedServer.open(script, pieces)
  const driver = await RespDriver.open(server.address, values)
  await use(driver)
  expect(server.unexpected).toBe('')
  await driver.close()
}

describe('the driver of Redis', () => {
  it.each(['whole', 'bytes'] as const)('drives every kind of operation, with replies in pieces: %s', async (pieces) => {
    const operations = [
      { kind: KIND_READ, rank: 7, request: command('GET', '7'), reply: `$100\r\n${textOf(7)}\r\n` },
      { kind: KIND_READ, rank: 8, request: command('GET', '8'), reply: '$-1\r\n' },
      { kind: KIND_UPDATE, rank: 1, request: command('SET', '1', textOf(1)), reply: '+OK\r\n' },
      { kind: KIND_INSERT, rank: 2, request: command('SET', '2', textOf(2)), reply: '+OK\r\n' },
      { kind: KIND_READ_MODIFY_WRITE, rank: 3, request: command('GET', '3'), reply: `$100\r\n${textOf(3)}\r\n` },
      { kind: KIND_DELETE, rank: 4, request: command('DEL', '4'), reply: ':1\r\n' },
      { kind: KIND_DELETE, rank: 5, request: command('DEL', '5'), reply: ':0\r\n' },
      { kind: KIND_ADD, rank: 6, request: command('SET', '6', textOf(6), 'NX'), reply: '+OK\r\n' },
      { kind: KIND_ADD, rank: 6, request: command('SET', '6', textOf(6), 'NX'), reply: '$-1\r\n' },
      { kind: KIND_INCREMENT, rank: 9, key: 'c:9', request: command('INCR', 'c:9'), reply: ':9223372036854775807\r\n' },
      { kind: KIND_EXPIRE, rank: 10, request: command('SET', '10', textOf(10), 'PX', '2000'), reply: '+OK\r\n' },
    ]
    const request = operations.map((operation) => operation.request).join('')
    const reply = operations.map((operation) => operation.reply).join('')
    await withServer([{ request, reply }], pieces, async (driver) => {
      const results = await driver.execute(blockOf(operations))
      expect(operations.map((_, index) => results.status(index))).toEqual([
        ...[STATUS_VALUE, STATUS_MISSING, STATUS_OK, STATUS_OK, STATUS_VALUE, STATUS_OK],
        ...[STATUS_MISSING, STATUS_OK, STATUS_UNMET, STATUS_NUMBER, STATUS_OK],
      ])
      expect([valueAt(results, 0), valueAt(results, 4)]).toEqual([textOf(7), textOf(3)])
      expect(results.number(9)).toBe(2n ** 63n - 1n)
      results.release()
      expect([driver.bytesSent, driver.bytesReceived]).toEqual([request.length, reply.length])
    })
  })

  it('answers blocks in order, each when its replies are there, and keeps the values of earlier ones', async () => {
    await withServer([READ_7, READ_7, READ_7], 'bytes', async (driver) => {
      const block = blockOf([{ kind: KIND_READ, rank: 7 }])
      const order: number[] = []
      const all = await Promise.all(
        [1, 2, 3].map(async (number) => {
          const results = await driver.execute(block)
          order.push(number)
          return results
        }),
      )
      expect(order).toEqual([1, 2, 3])
      for (const results of all) expect(valueAt(results, 0)).toBe(textOf(7))
      for (const results of all) results.release()
    })
  })

  it('resolves a block of nothing', async () => {
    await withServer([], 'whole', async (driver) => {
      const results = await driver.execute(blockOf([]))
      results.release()
    })
  })

  it.each(['LOADING Redis is loading', 'OOM command not allowed', 'WRONGTYPE Operation', 'NOAUTH Authentication'])(
    'rejects a block with an error reply, here %s, and goes on with the next one',
    async (text) => {
      const two = { request: READ_7.request + READ_7.request, reply: `-${text}\r\n${READ_7.reply}` }
      await withServer([two, READ_7], 'bytes', async (driver) => {
        const read = { kind: KIND_READ, rank: 7 }
        const failed = driver.execute(blockOf([read, read]))
        const good = driver.execute(blockOf([read]))
        await expect(failed).rejects.toMatchObject({
          code: 'NOT_EXECUTED',
          message: expect.stringMatching(new RegExp(`^the Redis server at 127\\.0\\.0\\.1:\\d+ answered: ${text}`)),
        })
        const results = await good
        expect(valueAt(results, 0)).toBe(textOf(7))
      })
    },
  )

  it('rejects all blocks, also later ones, when the server closes the connection', async () => {
    const half = { request: READ_7.request, reply: READ_7.reply.slice(0, 50), closes: true }
    await withServer([half], 'whole', async (driver) => {
      const block = blockOf([{ kind: KIND_READ, rank: 7 }])
      const lost = { code: 'DISCONNECTED', fate: 'unknown', message: expect.stringContaining('the server closed it') }
      const settled = await Promise.allSettled([driver.execute(block), driver.execute(block)])
      for (const each of settled) expect(each).toMatchObject({ status: 'rejected', reason: lost })
      await expect(driver.execute(block)).rejects.toMatchObject(lost)
    })
  })

  it.each([
    ['no reply at all', KIND_READ, 'HTTP/1.1 400 Bad Request\r\n', 'unknown type'],
    ['a list', KIND_READ, '*1\r\n:1\r\n', 'nested'],
    ['a reply of another kind', KIND_READ, ':1\r\n', 'reply of another kind'],
    ['a value to a write', KIND_UPDATE, '$1\r\na\r\n', 'reply of another kind'],
    ['more than it was asked', KIND_READ, '$-1\r\n$-1\r\n', 'more than it was asked'],
  ])('gives the connection up when the server answers with %s', async (_, kind, reply, message) => {
    const request = kind === KIND_READ ? command('GET', '7') : command('SET', '7', textOf(7))
    await withServer([{ request, reply }], 'whole', async (driver) => {
      const expected = { code: 'PROTOCOL', message: expect.stringContaining(message) }
      const block = blockOf([{ kind, rank: 7 }])
      const first = driver.execute(block)
      if (message.startsWith('more')) await first
      else await expect(first).rejects.toMatchObject(expected)
      await expect(driver.execute(block)).rejects.toMatchObject(expected)
    })
  })

  it('closes when all is answered, and refuses what comes after', async () => {
    await withServer([READ_7], 'bytes', async (driver) => {
      const block = blockOf([{ kind: KIND_READ, rank: 7 }])
      const answered = driver.execute(block)
      await Promise.all([driver.close(), driver.close()])
      expect(valueAt(await answered, 0)).toBe(textOf(7))
      await expect(driver.execute(block)).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })

  it('refuses to connect where nobody listens, and an operation that it does not know', async () => {
    await using server = await ScriptedServer.open([], 'whole')
    const { address } = server
    const driver = await RespDriver.open(address, values)
    await expect(driver.execute(blockOf([{ kind: 99, rank: 1 }]))).rejects.toThrow('there is no kind 99')
    await driver.close()
    await server[Symbol.asyncDispose]()
    await expect(RespDriver.open(address, values)).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  })
})
