// End to end over loopback, against a server without sockets.

import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { LogRecorder } from '../../test/support/server-harness.ts'
import { SluiceError } from '../util/errors.ts'
import { type AdminListener, type AdminListenerOptions, openAdminListener } from './admin-listener.ts'
import type { AdminTarget } from './admin-target.ts'
import { createLocalServer } from './local-server.ts'

const TOKEN = 'correct-horse-battery'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function localTarget(changes: Partial<AdminTarget> = {}): AdminTarget {
  const server = createLocalServer({ threads: 2 })
  cleanups.push(() => server.close())
  return {
    topology: server.topology,
    stats: async () => server.stats(),
    readiness: () => ({ isReady: true, reasons: [] }),
    ...changes,
  }
}

async function open(
  target: Partial<AdminTarget> = {},
  options: Partial<AdminListenerOptions> = {},
): Promise<AdminListener> {
  const listener = await openAdminListener({ target: localTarget(target), port: 0, ...options })
  cleanups.push(() => listener.close())
  return listener
}

interface Asked {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: () => unknown
}

function ask({ url }: AdminListener, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<Answered>((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function postReload(listener: AdminListener, body: string | Uint8Array, headers: OutgoingHttpHeaders = {}) {
  return ask(listener, '/topology/reload', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  })
}

/** A connection without HTTP, and all that comes by it until it is closed. */
function connectTo({ url }: AdminListener) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  const received = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
  return { socket, received }
}

describe('questions', () => {
  it('are answered with what the server tells', async () => {
    const target = localTarget()
    const listener = await open(target, { version: '9.9.9' })
    const stats = await ask(listener, '/stats')
    expect(stats.status).toBe(200)
    expect(stats.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    expect(stats.json()).toMatchObject({
      node: 'local',
      version: '9.9.9',
      topologyNumber: 1,
      isReady: true,
      reasons: [],
      threads: [
        { thread: 0, operations: 0, shardStats: [{ shard: 0 }], hotKeys: [] },
        { thread: 1, operations: 0, shardStats: [{ shard: 1 }], hotKeys: [] },
      ],
    })
    const metrics = await ask(listener, '/metrics?name=all')
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(metrics.text).toContain('\nsluice_connections{node="local",thread="1"} 0\n')
    const topology = await ask(listener, '/topology')
    expect(topology.json()).toEqual(JSON.parse(JSON.stringify(target.topology)))
    const [health, ready] = [await ask(listener, '/health'), await ask(listener, '/ready')]
    expect([health.status, health.json()]).toEqual([200, { status: 'ok' }])
    expect([ready.status, ready.json()]).toEqual([200, { isReady: true, reasons: [] }])
  })

  it('are answered with 503 and the reason when the node is not ready', async () => {
    const listener = await open({ readiness: () => ({ isReady: false, reasons: ['shard 3 waits for node-2'] }) })
    const ready = await ask(listener, '/ready')
    expect([ready.status, ready.json()]).toEqual([503, { isReady: false, reasons: ['shard 3 waits for node-2'] }])
    expect((await ask(listener, '/health')).status).toBe(200)
    expect((await ask(listener, '/stats')).json()).toMatchObject({ isReady: false })
  })

  it('are answered with 503 when a thread hangs, which is asked once', async () => {
    let asked = 0
    const stats = (): Promise<never> => {
      asked++
      return new Promise(() => {})
    }
    const listener = await open({ stats }, { statsMs: 20 })
    for (const path of ['/stats', '/metrics', '/health']) {
      const { status, json } = await ask(listener, path)
      expect([status, json()]).toEqual([503, { error: 'the server did not answer in time: no answer within 20 ms' }])
    }
    const ready = await ask(listener, '/ready')
    expect([ready.status, ready.json()]).toMatchObject([503, { isReady: false, reasons: [/did not answer/] }])
    expect(asked).toBe(1)
    expect((await ask(listener, '/topology')).status).toBe(200)
  })

  it('are answered with 503 when the threads have ended, with 500 for a bug', async () => {
    const log = new LogRecorder()
    let error: Error = new SluiceError('CLOSED', 'the server has stopped')
    const listener = await open({ stats: () => Promise.reject(error) }, { logger: log })
    const closed = await ask(listener, '/stats')
    expect([closed.status, closed.json()]).toEqual([503, { error: 'the server has stopped' }])
    error = new TypeError('undefined is not a function')
    const bug = await ask(listener, '/ready')
    expect([bug.status, bug.text]).toEqual([500, expect.not.stringContaining('undefined is')])
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: 'admin bug' })
  })
})

describe('a reload', () => {
  it('is done once at a time, and answers with the new topology', async () => {
    const forces: boolean[] = []
    let finish = (): void => {}
    const { topology } = localTarget()
    const listener = await open({
      reloadTopology({ force }) {
        forces.push(force)
        return new Promise((resolve) => {
          finish = () => resolve({ ...topology, number: 2 })
        })
      },
    })
    const first = postReload(listener, '{"force":true}')
    while (forces.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const second = await postReload(listener, '{"force":false}')
    expect([second.status, second.json()]).toEqual([409, { error: 'the topology is being reloaded already' }])
    finish()
    const { status, json } = await first
    expect([status, json()]).toMatchObject([200, { number: 2 }])
    expect(forces).toEqual([true])
    const third = postReload(listener, '{ "force": false }')
    while (forces.length === 1) await new Promise((resolve) => setTimeout(resolve, 1))
    finish()
    expect((await third).status).toBe(200)
  })

  it('is refused with the reason of the server, or for want of a file', async () => {
    const reloadTopology = () => Promise.reject(new SluiceError('INVALID_ARGUMENT', 'its number must grow'))
    const refused = await postReload(await open({ reloadTopology }), '{"force":false}')
    expect([refused.status, refused.json()]).toEqual([409, { error: 'its number must grow' }])
    const absent = await postReload(await open(), '{"force":false}')
    expect([absent.status, absent.json()]).toEqual([409, { error: 'the server was started without a topology file' }])
  })

  it.each(['', '{', 'null', '[]', '{}', '{"force":1}', '{"force":true,"more":1}', '"force"'])(
    'with the body %j is refused',
    async (body) => {
      const reloadTopology = () => Promise.reject(new Error('must not be called'))
      expect((await postReload(await open({ reloadTopology }), body)).status).toBe(400)
    },
  )

  it('with a body that is too large is refused, and takes no memory', async () => {
    const listener = await open()
    const refused = await postReload(listener, new Uint8Array(8 * 1024 * 1024).fill(32))
    expect([refused.status, refused.json()]).toEqual([413, { error: 'the body has more than 65536 bytes' }])
    expect((await postReload(listener, `${' '.repeat(65_000)}{"force":true}`)).status).toBe(409)
  })

  it('of which the body was cut off is not done', async () => {
    let reloads = 0
    const reloadTopology = () => {
      reloads++
      return Promise.reject(new SluiceError('INVALID_ARGUMENT', 'no'))
    }
    const listener = await open({ reloadTopology })
    const { socket, received } = connectTo(listener)
    const head =
      'POST /topology/reload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99'
    socket.end(`${head}\r\n\r\n{"force":true}`)
    await received
    await listener.close()
    expect(reloads).toBe(0)
  })

  it('of another content type is refused', async () => {
    const listener = await open()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      expect((await postReload(listener, '{"force":true}', { 'Content-Type': type })).status).toBe(415)
    }
    expect(
      (await postReload(listener, '{"force":true}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status,
    ).toBe(409)
  })
})

describe('requests', () => {
  it('of another path or method are told which there are', async () => {
    const listener = await open()
    const nowhere = await ask(listener, '/')
    expect([nowhere.status, nowhere.json()]).toMatchObject([404, { error: /\/metrics \/health/ }])
    const post = await ask(listener, '/stats', { method: 'POST' })
    expect([post.status, post.headers.allow, post.json()]).toEqual([405, 'GET', { error: 'the method must be GET' }])
    const get = await ask(listener, '/topology/reload')
    expect([get.status, get.headers.allow]).toEqual([405, 'POST'])
    expect((await ask(listener, '/toString')).status).toBe(404)
    expect((await ask(listener, '/stats', { method: 'DELETE' })).status).toBe(405)
  })

  it.each(['localhost', 'LOCALHOST:1234', '127.0.0.1', '127.0.0.1:80', 'local:7071'])(
    'for the host %s are answered',
    async (host) => expect((await ask(await open(), '/health', { headers: { Host: host } })).status).toBe(200),
  )

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.2', '[::1]', '127.0.0.1:99999', 'a@localhost'])(
    'for the host %j are refused',
    async (host) => {
      const log = new LogRecorder()
      const listener = await open({}, { logger: log })
      const refused = await ask(listener, '/stats', { headers: { Host: host } })
      expect(refused.status).toBe(403)
      expect(refused.text).not.toContain('threads')
      expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { status: 403, peer: '127.0.0.1' } })
    },
  )

  it('for no host are refused', async () => {
    const { socket, received } = connectTo(await open())
    socket.write('GET /health HTTP/1.0\r\n\r\n')
    expect(await received).toMatch(/^HTTP\/1\.1 403 /)
  })

  it('for a further name are answered', async () => {
    const listener = await open({}, { hostNames: ['metrics.example', '::1'] })
    for (const host of ['metrics.example:443', '[::1]', '[0:0::1]:80']) {
      expect((await ask(listener, '/health', { headers: { Host: host } })).status).toBe(200)
    }
  })

  it('of web pages cannot reload', async () => {
    const listener = await open({ reloadTopology: () => Promise.reject(new Error('must not be called')) })
    for (const origin of ['http://localhost', 'null']) {
      expect((await postReload(listener, '{"force":true}', { Origin: origin })).status).toBe(403)
    }
  })

  it('with too many header bytes are refused', async () => {
    const refused = await ask(await open(), '/health', { headers: { 'X-Long': 'x'.repeat(20_000) } })
    expect(refused.status).toBe(431)
  })

  it('close their connection', async () => {
    expect((await ask(await open(), '/health')).headers.connection).toBe('close')
  })
})

describe('a token', () => {
  it('is asked for by every path', async () => {
    const log = new LogRecorder()
    const listener = await open({}, { token: TOKEN, logger: log })
    for (const path of ['/metrics', '/health', '/ready', '/stats', '/topology', '/nowhere']) {
      const refused = await ask(listener, path)
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    }
    expect((await postReload(listener, '{"force":true}')).status).toBe(401)
    const given = ['Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN.slice(0, -1)}`]
    for (const Authorization of given) {
      expect((await ask(listener, '/health', { headers: { Authorization } })).status).toBe(401)
    }
    const right = { Authorization: `Bearer ${TOKEN}` }
    expect((await ask(listener, '/health', { headers: right })).status).toBe(200)
    expect((await ask(listener, '/health', { headers: { ...right, Host: 'evil.example' } })).status).toBe(403)
    expect(JSON.stringify(log.lines)).not.toContain(TOKEN.slice(0, -1))
  })

  it.each(['0.0.0.0', '::', '192.0.2.1', 'db.example'])('is required when bound to %s', async (bind) => {
    const opening = openAdminListener({ target: localTarget(), port: 0, bind })
    await expect(opening).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: /^token is required/ })
  })

  it('lets the listener be bound to all interfaces, and asked under the address that was reached', async () => {
    const listener = await open({}, { bind: '0.0.0.0', token: TOKEN })
    const { port } = new URL(listener.url)
    const headers = { Authorization: `Bearer ${TOKEN}` }
    const local = { ...listener, url: `http://127.0.0.1:${port}` }
    expect((await ask(local, '/health', { headers })).status).toBe(200)
    expect((await ask(local, '/health', { headers: { ...headers, Host: '127.0.0.9' } })).status).toBe(403)
  })

  it.each(['short', '', 'x'.repeat(1_025), 'with a blank in between', 'ümlaut-ümlaut-ümlaut'])(
    '%j is none',
    async (token) => {
      const opening = openAdminListener({ target: localTarget(), port: 0, token })
      await expect(opening).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: /^token .* 16 to 1024 visible ASCII/,
      })
    },
  )
})

describe('the listener', () => {
  it('says when its port is taken', async () => {
    const listener = await open()
    const opening = openAdminListener({ target: localTarget(), port: Number(new URL(listener.url).port) })
    await expect(opening).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: /127\.0\.0\.1/ })
  })

  it('has to be told which node it speaks for, where there are several', async () => {
    const target = localTarget()
    const nodes = [...target.topology.nodes, { id: 'other', host: 'other', ports: [1] }]
    const several = { ...target, topology: { ...target.topology, nodes } }
    await expect(openAdminListener({ target: several, port: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const wrong = openAdminListener({ target: several, port: 0, nodeId: 'third' })
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: /third/ })
    const listener = await open(several, { nodeId: 'other' })
    expect((await ask(listener, '/stats')).json()).toMatchObject({ node: 'other' })
  })

  it('ends, also while a peer has said nothing or waits for its answer', async () => {
    let answer: (() => void) | undefined
    const stats = () =>
      new Promise<never[]>((resolve) => {
        answer = () => resolve([])
      })
    const listener = await open({ stats })
    const silent = connectTo(listener)
    const asked = ask(listener, '/health')
    while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 1))
    const closing = Promise.all([listener.close(), listener.close(), listener[Symbol.asyncDispose]()])
    answer()
    expect((await asked).status).toBe(200)
    silent.socket.destroy()
    await Promise.all([closing, silent.received])
    await expect(ask(listener, '/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('ends, when its time is over, without a peer that does not end its request', async () => {
    const clock = new ManualClock()
    const listener = await open({}, { clock })
    const { socket, received } = connectTo(listener)
    await new Promise((resolve) => socket.write('GET /health HTTP/1.1\r\n', resolve))
    const closing = listener.close()
    clock.advance(5_000)
    await Promise.all([closing, received])
    expect(clock.timerCount).toBe(0)
  })
})
