// `sluice serve` as an operator meets it: settings, signals, and a cluster that is reloaded. Needs `npm run build`.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { planTopology } from '../../src/cluster/plan-topology.ts'
import { freePorts } from '../support/free-ports.ts'
import { serveProcess } from '../support/serve-process.ts'

const { connect }: typeof import('../../src/client/index.ts') = await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)

const CLI = new URL('../../dist/cli/main.js', import.meta.url).pathname
const QUIET = ['--memory', '64M', '--log-level', 'warn']

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-serve-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('sluice serve', () => {
  it('reads a configuration file, and asks for the password in a file', async () => {
    const [port = 0, first = 0, second = 0] = await consecutivePorts()
    const passwordFile = write('password', 'open sesame\n')
    const config = write('config.json', { port, directPorts: `${first}-${second}`, threads: 2, passwordFile })
    await using server = await serveProcess(['--config', config, ...QUIET])
    expect(server.output).toContain('with 2 shard threads')
    expect(server.output).not.toContain('sesame')
    await using client = await connect(`sluice://:open%20sesame@127.0.0.1:${port}`)
    expect(client.topology.nodes).toMatchObject([{ ports: [first, second], publicPort: port }])
    await client.set('a', '1')
    await expect(connect(`127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'REFUSED' })
    expect(server.errors()).not.toContain('sesame')
  })

  it('refuses what makes no sense before it listens, with status 2', () => {
    const { status, stdout, stderr } = serveSync('--port', '0', '--admin-port', '70000', ...QUIET)
    expect(stderr).toBe('sluice: --admin-port must be a whole number from 0 to 65535, not 70000\n')
    expect(stdout).toBe('')
    expect(status).toBe(2)
    const config = write('bad.json', { memory: '1K', threads: 1 })
    expect(serveSync('--config', config)).toMatchObject({
      stderr: `sluice: ${config}: memory must give each of the 1 shards 1048576 to 4194304000 bytes, not 1024\n`,
      status: 2,
    })
    expect(serveSync('--no-such-flag')).toMatchObject({ stderr: expect.stringContaining('unknown option'), status: 2 })
  })

  it('ends loudly, with status 1, when one of its threads fails', async () => {
    const program = `
      import { isMainThread, workerData } from 'node:worker_threads'
      if (!isMainThread && workerData.thread === 1) setTimeout(() => { throw new Error('a bug') }, 500)`
    const preload = `--import=data:text/javascript,${encodeURIComponent(program)}`
    const args = ['--port', '0', '--threads', '2', '--admin-port', '0', ...QUIET]
    const { child, errors } = await serveProcess(args, { NODE_OPTIONS: preload })
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    const [line = '', farewell = ''] = errors().split('\n')
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      code: 'THREAD_FAILED',
      cause: expect.stringContaining('Error: a bug\n'),
      msg: 'shard thread 1 ended with exit code 1',
    })
    expect(farewell).toBe('sluice: shard thread 1 ended with exit code 1')
  })

  it('adopts another topology at SIGHUP and by command, and tells clients', { timeout: 30_000 }, async () => {
    const ports = await freePorts(3)
    const [one, two] = ['a', 'b'].map((id, at) => ({ id, host: '127.0.0.1', ports: [ports[at] ?? 0] }))
    if (one === undefined || two === undefined) throw new Error('there are two nodes')
    const first = planTopology({ nodes: [one] })
    const second = planTopology({ nodes: [one, two], current: first })
    const file = write('topology.json', first)
    const admin = `${ports[2]}`
    await using a = await serveProcess(['--topology', file, '--node', 'a', '--admin-port', admin, ...QUIET])
    await using client = await connect(`127.0.0.1:${ports[0]}`, { timeoutMs: 20_000 })
    const keys = Array.from({ length: 100 }, (_, index) => `key:${index}`)
    await client.setMany(keys.map((key) => [key, 'old']))

    write('topology.json', second)
    await using b = await serveProcess(['--topology', file, '--node', 'b', ...QUIET])
    // The new node has started with it; it waits for the old one, whose file has changed under it.
    a.child.kill('SIGHUP')
    await until(() => learns(client, 2))
    await client.setMany(keys.map((key) => [key, 'new']))
    expect(await client.getManyStrings(keys)).toEqual(keys.map(() => 'new'))
    expect(b.errors()).toBe('')

    const third = planTopology({ nodes: [one], current: second })
    write('topology.json', third)
    const reload = spawnSync(process.execPath, [CLI, 'admin', 'reload', '--admin-url', `http://127.0.0.1:${admin}`], {
      encoding: 'utf8',
    })
    expect(reload.stderr).toBe('')
    b.child.kill('SIGHUP')
    await until(() => learns(client, 3))
    await client.setMany(keys.map((key) => [key, 'newest']))
    expect(await client.getManyStrings(keys)).toEqual(keys.map(() => 'newest'))
    write('topology.json', first)
    a.child.kill('SIGHUP')
    await until(() => a.errors().includes('not larger'))
  })
})

describe('sluice topology plan', () => {
  it('makes no plan that the nodes would refuse', () => {
    const current = write('current.json', planTopology({ nodes: [{ id: 'a', host: '10.0.0.1', ports: [7101] }] }))
    const output = join(folder, 'planned.json')
    const plan = (node: string) =>
      spawnSync(process.execPath, [CLI, 'topology', 'plan', '--node', node, '--from', current, '--output', output], {
        encoding: 'utf8',
      })
    expect(plan('a=10.0.0.1:7101-7102')).toMatchObject({
      stderr: expect.stringContaining('node "a" has other addresses'),
      status: 2,
    })
    expect(existsSync(output)).toBe(false)
    expect(plan('a=10.0.0.1:7101')).toMatchObject({ stderr: 'no slot moves\n', status: 0 })
  })
})

function serveSync(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, 'serve', ...args], { encoding: 'utf8' })
}

/** A client learns of a topology when it calls. */
async function learns(client: Client, number: number): Promise<boolean> {
  await client.getManyStrings(['key:1', 'key:2', 'key:3', 'key:4'])
  return client.topology.number === number
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it does not happen: ${condition}`)
    await sleep(10)
  }
}

/** A port, and two that follow each other. The system does not give neighbours by itself. */
async function consecutivePorts(): Promise<number[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [port = 0, first = 0] = await freePorts(2)
    if (port !== first + 1 && (await isFree(first + 1))) return [port, first, first + 1]
  }
  throw new Error('no two neighbouring ports are free')
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
