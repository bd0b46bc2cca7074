import { existsSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { readVersion, type ServerProgram, startOnFreePort, startServer } from './server-process.ts'

/** A server that a script makes: what it listens with, and whatever else it does. */
function scriptProgram(script: string, more: Partial<ServerProgram> = {}): ServerProgram {
  return {
    name: 'sluice-test-server',
    version: '1.2.3',
    path: process.execPath,
    args: ['--eval', script],
    serverThreads: 1,
    address: /ready at (\S+)/,
    ...more,
  }
}

const LISTENS = `
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}))
  server.listen(0, '127.0.0.1', () => console.log('ready at 127.0.0.1:' + server.address().port))
`

function foldersLeft(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-test-server-'))
}

function isRunning(processId: number | undefined): boolean {
  return processId !== undefined && existsSync(`/proc/${processId}`)
}

describe('the process of a server', () => {
  it('accepts connections once it is started, and is gone once it is stopped', async () => {
    const server = await startServer(scriptProgram(LISTENS))
    const [processId] = server.processIds
    expect(server).toMatchObject({ name: 'sluice-test-server', version: '1.2.3', serverThreads: 1 })
    expect(server.command).toMatch(/^\/\S+ --eval '/)
    const [host = '', port] = server.address.split(':')
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), host, () => resolve(void socket.destroy())).once('error', reject)
    })
    const { cpuNs, rssBytes } = server.usage()
    expect(cpuNs).toBeGreaterThan(1_000_000)
    expect(rssBytes).toBeGreaterThan(10_000_000)
    expect([isRunning(processId), foldersLeft()]).toEqual([true, [expect.any(String)]])
    await Promise.all([server.stop(), server.stop()])
    expect(await server.ended).toBe('sluice-test-server was ended by SIGTERM')
    expect([isRunning(processId), foldersLeft()]).toEqual([false, []])
    expect(server.usage()).toEqual({ cpuNs: expect.any(Number), rssBytes: 0 })
    expect(server.usage().cpuNs).toBeGreaterThanOrEqual(cpuNs)
    await server.stop()
  })

  it('tells when it ends by itself', async () => {
    const server = await startServer(scriptProgram(`${LISTENS}; setTimeout(() => process.exit(7), 200)`))
    expect(await server.ended).toBe('sluice-test-server ended with exit code 7')
    await server.stop()
    expect(foldersLeft()).toEqual([])
  })

  it('is killed when it does not end as it is told to', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); ${LISTENS}`
    const server = await startServer(scriptProgram(stubborn, { stopMsMax: 100 }))
    await server.stop()
    expect(await server.ended).toBe('sluice-test-server was ended by SIGKILL')
  })

  it('does not start when it ends before it listens, and says what it printed', async () => {
    const starting = startServer(scriptProgram(`console.error('no such option'); process.exit(3)`))
    await expect(starting).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: 'sluice-test-server ended with exit code 3: no such option',
    })
    expect(foldersLeft()).toEqual([])
  })

  it('does not start when it does not listen in time', async () => {
    const starting = startServer(scriptProgram('setInterval(() => {}, 1000)', { startMsMax: 300 }))
    await expect(starting).rejects.toThrow('accepts no connections after 300 ms: it printed nothing')
    expect(foldersLeft()).toEqual([])
  })

  it('tries another port when somebody has taken the first', async () => {
    const ports: number[] = []
    const server = await startOnFreePort((port) => {
      ports.push(port)
      const taken = `console.log('bind: Address already in use'); process.exit(1)`
      return scriptProgram(ports.length === 1 ? taken : LISTENS)
    })
    expect(ports).toHaveLength(2)
    await server.stop()
  })

  it('names the package of a program that is not there, and what a program says instead of a version', async () => {
    const missing = readVersion('sluice-no-such-program', ['--version'], /v=(\S+)/, 'some-package')
    await expect(missing).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: 'sluice-no-such-program is not installed: apt-get install some-package',
    })
    await expect(readVersion(process.execPath, ['--eval', ''], /v=(\S+)/, 'nodejs')).rejects.toThrow('does not tell')
    expect(await readVersion(process.execPath, ['--version'], /^v(\S+)/, 'nodejs')).toBe(process.versions.node)
  })
})
