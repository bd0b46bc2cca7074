// A server that speaks TLS, with and without clients' certificates, and who is let in.

import { connect as connectSocket, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority, type Certificate } from '../support/certificates.ts'
import { INSTALL_MS_MAX } from '../support/debian-package.ts'
import { LogRecorder } from '../support/server-harness.ts'

const { connect }: typeof import('../../src/client/index.ts') = await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)
const { startServer }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)

const MEMORY_BYTES = 64 * 1024 * 1024

let authority: Authority
let stranger: Authority
let own: Certificate

beforeAll(() => {
  authority = new Authority()
  stranger = new Authority()
  own = authority.issue()
}, INSTALL_MS_MAX)

afterAll(() => {
  authority.remove()
  stranger.remove()
})

function startTls(options: { readonly asksClients?: boolean } = {}) {
  const { cert, key } = own
  const tls = { cert, key, ...(options.asksClients && { ca: authority.ca }) }
  return startServer({ threads: 2, memoryBytesMax: MEMORY_BYTES, tls, password: 'secret', logger: new LogRecorder() })
}

describe('TLS', () => {
  it('carries values of every size, whole', async () => {
    await using server = await startTls()
    await using client = await connect(`sluices://:secret@${server.address}`, { tls: { ca: authority.ca } })
    const sizes = [0, 1, 100, 20_000, 300_000, 5_000_000]
    const values = sizes.map((bytes) => Buffer.alloc(bytes, `value of ${bytes} bytes;`))
    for (let round = 0; round < 3; round++) {
      await Promise.all(values.map((value, index) => client.set(`${round}:${index}`, value)))
      const read = await Promise.all(values.map((_, index) => client.get(`${round}:${index}`)))
      for (const [index, value] of values.entries()) expect(Buffer.from(read[index] ?? []).equals(value)).toBe(true)
    }
    const many = client.batch()
    for (let index = 0; index < 2_000; index++) many.get('0:3')
    const results = await many.send()
    expect(
      Array.from({ length: 2_000 }, (_, index) => results.valueBytes(index)).every((bytes) => bytes === 20_000),
    ).toBe(true)
  })

  it('refuses a server that an unknown authority has signed, and names that do not fit', async () => {
    await using server = await startTls()
    const url = `sluices://:secret@${server.address}`
    for (const tls of [{}, { ca: stranger.ca }, { ca: authority.ca, servername: 'elsewhere.example.org' }]) {
      await expect(connect(url, { tls })).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    }
  })

  it('asks clients for a certificate when it has an authority for them', async () => {
    await using server = await startTls({ asksClients: true })
    const url = `sluices://:secret@${server.address}`
    const { cert, key } = authority.issue()
    await using client = await connect(url, { tls: { ca: authority.ca, cert, key } })
    await client.set('a', '1')
    const foreign = stranger.issue()
    for (const tls of [{ ca: authority.ca }, { ca: authority.ca, cert: foreign.cert, key: foreign.key }]) {
      await expect(connect(url, { tls, connectTimeoutMs: 2_000 })).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    }
    expect(await client.getString('a')).toBe('1')
  })

  it('is not mixed with plain TCP', async () => {
    await using encrypted = await startTls()
    await using plain = await startServer({ threads: 1, memoryBytesMax: MEMORY_BYTES })
    await expect(connect(encrypted.address, { connectTimeoutMs: 2_000 })).rejects.toMatchObject({
      code: expect.stringMatching(/CONNECT_FAILED|PROTOCOL/),
    })
    await expect(connect(`sluices://${plain.address}`, { connectTimeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    })
    await using client = await connect(`sluices://:secret@${encrypted.address}`, { tls: { ca: authority.ca } })
    await client.set('still', 'there')
  })

  it('lets a handshake that never ends cost one connection', async () => {
    await using server = await startServer({
      threads: 1,
      memoryBytesMax: MEMORY_BYTES,
      tls: { cert: own.cert, key: own.key },
      limits: { handshakeMs: 200 },
    })
    const [host = '', port = ''] = server.address.split(':')
    const socket = connectSocket(Number(port), host)
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('close', resolve).resume())
    await using client = await connect(`sluices://${server.address}`, { tls: { ca: authority.ca } })
    await client.set('a', '1')
  })

  it('has few handshakes under way at once, and takes each place back', async () => {
    await using server = await startServer({
      threads: 1,
      memoryBytesMax: MEMORY_BYTES,
      tls: { cert: own.cert, key: own.key },
      limits: { handshakeMs: 60_000, strangersMax: 2 },
    })
    const [host = '', port = ''] = server.address.split(':')
    const dial = (): Socket => connectSocket(Number(port), host).on('error', () => {})
    const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve).resume())
    const connected = (socket: Socket) => new Promise((resolve) => socket.once('connect', resolve))
    const silent = [dial(), dial()]
    await Promise.all(silent.map(connected))
    await closed(dial())
    await expect(connect(`sluices://${server.address}`, { tls: { ca: authority.ca } })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    })
    for (const socket of silent) socket.destroy()
    for (let count = 0; count < 5; count++) {
      const garbler = dial()
      garbler.write('this is no TLS')
      await closed(garbler)
    }
    for (let count = 0; count < 5; count++) {
      const client = await connect(`sluices://${server.address}`, { tls: { ca: authority.ca } })
      await client.close()
    }
  })

  it('wants the password all the same', async () => {
    await using server = await startTls()
    await expect(connect(`sluices://:wrong@${server.address}`, { tls: { ca: authority.ca } })).rejects.toMatchObject({
      code: 'REFUSED',
    })
  })
})
