// The codec of Redis' protocol against a real server: what the fake ones of the unit tests were written after.

import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRedis } from '../../src/bench/systems/redis.ts'
import type { System } from '../../src/bench/systems/system.ts'
import { ReplyDecoder } from '../../src/redis/reply-decoder.ts'
import {
  REPLY_ARRAY,
  REPLY_BIG_NUMBER,
  REPLY_BOOLEAN,
  REPLY_BULK,
  REPLY_DOUBLE,
  REPLY_ERROR,
  REPLY_INTEGER,
  REPLY_MAP,
  REPLY_NULL,
  REPLY_PUSH,
  REPLY_SET,
  REPLY_TEXT,
  REPLY_VERBATIM,
} from '../../src/redis/reply-kinds.ts'
import { encodeCommandHead, RespWriter } from '../../src/redis/resp-writer.ts'
import { INSTALL_MS_MAX, requireDebianPackage } from '../support/debian-package.ts'
import { OpenReply, type ReplyTree, takeReplies } from '../support/reply-oracle.ts'

let redis: System

beforeAll(async () => {
  requireDebianPackage('redis-server')
  redis = await startRedis()
}, INSTALL_MS_MAX)

afterAll(() => redis?.stop())

/** Sends the commands as one write, and returns the first `replyCount` replies. */
async function ask(commands: readonly (readonly string[])[], replyCount = commands.length): Promise<ReplyTree[]> {
  const writer = new RespWriter(16)
  for (const [name = '', ...args] of commands) {
    writer.appendEncoded(encodeCommandHead(1 + args.length, name))
    for (const argument of args.map((each) => Buffer.from(each, 'latin1'))) {
      if (/^\d{1,15}$/.test(argument.toString())) writer.appendIntegerArgument(Number(argument))
      else writer.appendArgument(argument, 0, argument.length)
    }
  }
  const [host, port] = redis.address.split(':')
  const socket: Socket = connect(Number(port), host)
  const decoder = new ReplyDecoder({ lineBytesMax: 1_000, bulkBytesMax: 10_000_000, elementsMax: 1_000, depthMax: 8 })
  const open = new OpenReply()
  const replies: ReplyTree[] = []
  socket.write(writer.written)
  for await (const chunk of socket) {
    decoder.push(chunk)
    replies.push(...takeReplies(decoder, open))
    if (replies.length >= replyCount) break
  }
  expect(decoder.bufferedBytes).toBe(0)
  return replies
}

it('reads the replies of RESP2', async () => {
  const large = 'x\r\n'.repeat(1_000_000)
  expect(
    await ask([
      ['SET', 'key', 'a\r\nb\0\xff'],
      ['GET', 'key'],
      ['GET', 'missing'],
      ['INCR', 'counter'],
      ['SET', 'counter', '-9223372036854775808'],
      ['INCRBY', 'counter', '0'],
      ['LPUSH', 'list', 'a', '', 'b'],
      ['LRANGE', 'list', '0', '10'],
      ['LRANGE', 'nothing', '0', '10'],
      ['BLPOP', 'nothing', '0.01'],
      ['INCR', 'list'],
      ['EVAL', 'return {1, {2, {}, "x"}, false}', '0'],
      ['SET', 'large', large],
      ['GET', 'large'],
    ]),
  ).toEqual([
    [REPLY_TEXT, 'OK'],
    [REPLY_BULK, 'a\r\nb\0\xff'],
    [REPLY_NULL],
    [REPLY_INTEGER, 1n],
    [REPLY_TEXT, 'OK'],
    [REPLY_INTEGER, -(2n ** 63n)],
    [REPLY_INTEGER, 3n],
    [
      REPLY_ARRAY,
      [
        [REPLY_BULK, 'b'],
        [REPLY_BULK, ''],
        [REPLY_BULK, 'a'],
      ],
    ],
    [REPLY_ARRAY, []],
    [REPLY_NULL],
    [REPLY_ERROR, 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    [
      REPLY_ARRAY,
      [
        [REPLY_INTEGER, 1n],
        [
          REPLY_ARRAY,
          [
            [REPLY_INTEGER, 2n],
            [REPLY_ARRAY, []],
            [REPLY_BULK, 'x'],
          ],
        ],
        [REPLY_NULL],
      ],
    ],
    [REPLY_TEXT, 'OK'],
    [REPLY_BULK, large],
  ])
})

it('reads the replies of RESP3', async () => {
  const script = (body: string) => ['EVAL', `redis.setresp(3); return ${body}`, '0']
  const [hello, ...replies] = await ask(
    [
      ['HELLO', '3'],
      ['CONFIG', 'GET', 'appendonly'],
      ['SADD', 'set', 'member'],
      ['SMEMBERS', 'set'],
      ['ZADD', 'scores', '1.5', 'a'],
      ['ZSCORE', 'scores', 'a'],
      ['ZADD', 'scores', 'inf', 'b'],
      ['ZSCORE', 'scores', 'b'],
      ['GET', 'missing'],
      script('true'),
      script('false'),
      script('{ big_number = "123456789012345678901234567890" }'),
      script('{ verbatim_string = { format = "txt", string = "text" } }'),
      script('{ map = { key = { set = { member = true } } } }'),
      ['SUBSCRIBE', 'channel'],
    ],
    15,
  )
  expect(hello?.[0]).toBe(REPLY_MAP)
  expect(replies).toEqual([
    [
      REPLY_MAP,
      [
        [REPLY_BULK, 'appendonly'],
        [REPLY_BULK, 'no'],
      ],
    ],
    [REPLY_INTEGER, 1n],
    [REPLY_SET, [[REPLY_BULK, 'member']]],
    [REPLY_INTEGER, 1n],
    [REPLY_DOUBLE, 1.5],
    [REPLY_INTEGER, 1n],
    [REPLY_DOUBLE, Number.POSITIVE_INFINITY],
    [REPLY_NULL],
    [REPLY_BOOLEAN, 1],
    [REPLY_BOOLEAN, 0],
    [REPLY_BIG_NUMBER, 123456789012345678901234567890n],
    [REPLY_VERBATIM, 'text'],
    [
      REPLY_MAP,
      [
        [REPLY_BULK, 'key'],
        [REPLY_SET, [[REPLY_BULK, 'member']]],
      ],
    ],
    [
      REPLY_PUSH,
      [
        [REPLY_BULK, 'subscribe'],
        [REPLY_BULK, 'channel'],
        [REPLY_INTEGER, 1n],
      ],
    ],
  ])
})
