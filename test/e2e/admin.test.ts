// A server with an admin listener, and the command that asks it, as a user runs them: needs `npm run build`.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/client/index.ts'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const TIMEOUT_MS = 60_000
const TOKEN = 'correct-horse-battery'

const folder = mkdtempSync(join(tmpdir(), 'sluice-admin-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tokenFile = join(folder, 'token')
writeFileSync(tokenFile, `${TOKEN}\n`)

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
})

interface Served {
  readonly child: ChildProcess
  /** The public port. */
  readonly address: string
  readonly adminUrl: string
  readonly output: () => string
}

/** A server of one thread; resolves when it has said where it listens. */
async function serve(args: readonly string[] = []): Promise<Served> {
  const options = ['serve', '--port', '0', '--threads', '1', '--memory', '32M', '--admin-port', '0', ...args]
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let output = ''
  const note = (text: unknown): void => {
    output += text
  }
  child.stdout?.on('data', note)
  child.stderr?.on('data', note)
  while (!output.includes('connect(')) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const [, address = ''] = /listening on (\S+) /.exec(output) ?? []
  const [, adminUrl = ''] = /administration: (\S+)/.exec(output) ?? []
  return { child, address, adminUrl, output: () => output }
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function sluice(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr })
    })
  })
}

describe('sluice admin', () => {
  it(
    'shows what a server has done',
    async () => {
      const { address, adminUrl } = await serve()
      await using client = await connect(address)
      await client.set('key', 'value')
      // Enough that a key is sampled almost surely: less than 1 in 10^12 runs samples none of them.
      for (let round = 0; round < 4; round++) {
        const batch = client.batch()
        for (let count = 0; count < 8_192; count++) batch.get('key')
        await batch.send()
      }
      const stats = await sluice(['admin', 'stats', '--admin-url', adminUrl])
      expect(stats).toMatchObject({ code: 0, stderr: '' })
      expect(stats.stdout).toMatch(/^node node-1, version \d/)
      expect(stats.stdout).toMatch(/\n +0 +0 +32,769 +32,768 +32,768 +1 +0 +0 +1 +3 B +5 B /)
      expect(stats.stdout).toMatch(/\n +0 +\d+\.\d\d% +3 {2}key\n$/)
      const json = JSON.parse((await sluice(['admin', 'stats', '--json', '--admin-url', adminUrl])).stdout)
      expect(json).toMatchObject({ node: 'node-1', isReady: true, threads: [{ operations: 32_769, records: 1 }] })
      expect(json.threads[0].eventLoopDelay).toMatchObject({ p50Ms: expect.any(Number) })
      const metrics = await sluice(['admin', 'metrics', '--admin-url', adminUrl])
      expect(metrics.stdout).toContain('\nsluice_hits_total{node="node-1",thread="0",shard="0"} 32768\n')
      expect(await sluice(['admin', 'health', '--admin-url', adminUrl])).toMatchObject({ code: 0 })
      expect(await sluice(['admin', 'ready', '--admin-url', adminUrl])).toMatchObject({ code: 0, stdout: 'ready\n' })
      const topology = await sluice(['admin', 'topology', '--admin-url', adminUrl])
      expect(topology.stdout).toMatch(/^topology \d+\n/)
      const reload = await sluice(['admin', 'reload', '--force', '--admin-url', adminUrl])
      expect(reload).toMatchObject({ code: 1, stdout: '' })
      expect(reload.stderr).toContain('409: the server was started without a topology file')
    },
    TIMEOUT_MS,
  )

  it(
    'brings the token from a file or the environment, and a server asks for it',
    async () => {
      const { adminUrl, output } = await serve(['--admin-token-file', tokenFile])
      const url = ['--admin-url', adminUrl]
      const refused = await sluice(['admin', 'health', ...url])
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain('the admin token is missing or wrong')
      expect(await sluice(['admin', 'health', '--token-file', tokenFile, ...url])).toMatchObject({ code: 0 })
      expect(await sluice(['admin', 'health', ...url], { SLUICE_ADMIN_TOKEN: TOKEN })).toMatchObject({ code: 0 })
      expect(output()).not.toContain(TOKEN)
    },
    TIMEOUT_MS,
  )

  it(
    'says when nobody answers, and what makes no sense',
    async () => {
      const { adminUrl, child } = await serve()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
      const nobody = await sluice(['admin', 'ready', '--admin-url', adminUrl])
      expect(nobody).toMatchObject({ code: 1, stdout: '' })
      expect(nobody.stderr).toMatch(/^sluice: no answer from http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/)
      const senseless = [
        ['admin'],
        ['admin', 'everything'],
        ['admin', 'stats', '--force'],
        ['admin', 'stats', '--admin-url', 'localhost:7071'],
        ['admin', 'stats', '--admin-url', 'http://user:secret@localhost'],
        ['admin', 'stats', '--token-file', join(folder, 'absent')],
      ]
      const codes = await Promise.all(senseless.map(async (args) => (await sluice(args)).code))
      expect(codes).toEqual(senseless.map(() => 2))
    },
    TIMEOUT_MS,
  )
})

describe('sluice serve', () => {
  it(
    'does not start when its admin listener cannot',
    async () => {
      const { adminUrl } = await serve()
      const options = ['serve', '--port', '0', '--threads', '1', '--memory', '32M']
      const taken = await sluice([...options, '--admin-port', new URL(adminUrl).port])
      expect(taken.code).toBe(1)
      expect(taken.stderr).toContain('the admin listener cannot listen on 127.0.0.1')
      const open = await sluice([...options, '--admin-port', '0', '--admin-bind', '0.0.0.0'])
      expect(open.code).toBe(2)
      expect(open.stderr).toContain('--admin-token-file or SLUICE_ADMIN_TOKEN is required')
    },
    TIMEOUT_MS,
  )
})
