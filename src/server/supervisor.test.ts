import { describe, expect, it } from 'vitest'
import { LogRecorder } from '../../test/support/server-harness.ts'
import { evenTopology } from '../cluster/topology.ts'
import { systemClock } from '../util/clock.ts'
import { resolveLimits } from './limits.ts'
import { NodeTopology } from './node-topology.ts'
import { supervise } from './supervisor.ts'
import { ThreadHandle } from './thread-handle.ts'

/** A thread that answers every command, after doing what `onCommand` says. */
function threadProgram(onCommand: string): URL {
  const program = `
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ request, command }) => {
      ${onCommand}
      parentPort.postMessage({ kind: 'done', request, stats: { thread: 0 } })
      if (command.kind === 'drain') parentPort.close()
    })
    parentPort.postMessage({ kind: 'log', level: 'warn', fields: { number: 1 }, message: 'hello' })
    parentPort.postMessage({ kind: 'listening', ports: { directPort: 1 } })`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}

function startThread(thread: number, log: LogRecorder, onCommand = ''): ThreadHandle {
  const engines = { memoryBytesMax: 1, secret: new Uint8Array(0) }
  const ports = { bind: 'test', directPort: 0, publicPort: undefined, sharesPublicPort: false }
  const listening = { ...ports, allowRemoteClients: false, password: undefined, tls: undefined }
  const identity = { thread, nodeId: 'test', incarnation: 1n }
  const setup = { ...identity, listening, engines, limits: resolveLimits(), siblings: [] }
  return new ThreadHandle(setup, log, threadProgram(onCommand))
}

async function startSupervisor(log: LogRecorder, onCommands: readonly string[], drainMs = 1_000) {
  const threads = onCommands.map((onCommand, thread) => startThread(thread, log, onCommand))
  const ports = await Promise.all(threads.map(async (thread) => (await thread.ports).directPort))
  const topology = new NodeTopology({
    nodeId: 'test',
    shardsMax: 256,
    threads: { adopt: async () => {}, publish: async () => {}, serveGained: async () => {} },
    askNode: () => Promise.reject(new Error('there is no other node')),
    clock: systemClock,
    logger: log,
  })
  await topology.adopt(evenTopology({ nodes: [{ id: 'test', host: '::1', ports }] }))
  return supervise({ advertise: '::1', port: 1, drainMs, logger: log }, threads, topology)
}

describe('ThreadHandle', () => {
  it('passes on the port, answers and log lines, and knows an end that was asked for', async () => {
    const log = new LogRecorder()
    const thread = startThread(4, log)
    expect(await thread.ports).toEqual({ directPort: 1 })
    expect(await thread.stats()).toEqual({ thread: 0 })
    expect(log.lines).toEqual([{ level: 'warn', fields: { thread: 4, number: 1 }, message: 'hello' }])
    await thread.drain(1)
    expect(await thread.ended).toBe(undefined)
  })

  it('rejects whatever waits for a thread that ends', async () => {
    const thread = startThread(0, new LogRecorder(), "throw new Error('a bug')")
    await thread.ports
    await expect(Promise.all([thread.serve(), thread.stats()])).rejects.toMatchObject({ code: 'THREAD_FAILED' })
    expect(await thread.ended).toMatchObject({ code: 'THREAD_FAILED', cause: { message: 'a bug' } })
    await expect(thread.stats()).rejects.toMatchObject({ code: 'THREAD_FAILED' })
  })

  it('rejects the port of a thread that cannot start', async () => {
    const thread = new ThreadHandle(
      { thread: 0, siblings: [] as unknown } as ConstructorParameters<typeof ThreadHandle>[0],
      new LogRecorder(),
      new URL('data:text/javascript,throw new Error("no start")'),
    )
    await expect(thread.ports).rejects.toMatchObject({ code: 'THREAD_FAILED' })
  })
})

describe('supervise', () => {
  it('closes once, whoever asks how often', async () => {
    const log = new LogRecorder()
    const server = await startSupervisor(log, ['', ''])
    expect(server.address).toBe('[::1]:1')
    expect(await server.stats()).toHaveLength(2)
    expect(server.readiness()).toEqual({ isReady: true, reasons: [] })
    const closing = server.close()
    expect(server.readiness()).toEqual({ isReady: false, reasons: ['the server is about to stop'] })
    await Promise.all([closing, server.close(), server.close(), server[Symbol.asyncDispose](), server.closed])
    await server.destroy()
    await expect(server.stats()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(log.lines.at(-1)).toMatchObject({ level: 'info', message: 'server stopped' })
  })

  it('fails loudly, with all of its threads, when one ends by itself', async () => {
    const log = new LogRecorder()
    const server = await startSupervisor(log, ['', "if (command.kind === 'stats') throw new Error('a bug')"])
    const closed = expect(server.closed).rejects.toMatchObject({ code: 'THREAD_FAILED', cause: { message: 'a bug' } })
    await expect(server.stats()).rejects.toMatchObject({ code: 'THREAD_FAILED' })
    await closed
    await server.close()
    const fields = { code: 'THREAD_FAILED', cause: expect.stringContaining('a bug\n    at ') }
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields }])
  })

  it('ends a thread that does not drain in time', async () => {
    const server = await startSupervisor(new LogRecorder(), ["if (command.kind === 'drain') return"], 0)
    await server.close()
    await server.closed
  })

  it('stops at once when it is destroyed', async () => {
    const server = await startSupervisor(new LogRecorder(), ['for (;;) {}'])
    const stats = expect(server.stats()).rejects.toMatchObject({ code: 'THREAD_FAILED' })
    await Promise.all([server.destroy(), server.destroy(), server.closed, stats])
  })
})
