import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evenTopology } from '../cluster/topology.ts'
import { silentLogger } from '../server/logger.ts'
import { readSettings, readTopology, type ServeSettings, serverOptions } from './serve-settings.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-settings-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(text: string): string {
  const path = join(folder, 'file.json')
  writeFileSync(path, text)
  return path
}

function configured(settings: unknown): ServeSettings {
  return readSettings({}, file(JSON.stringify(settings)))
}

describe('readSettings', () => {
  it('takes the names and spellings of the command line, which goes first', () => {
    const config = file(JSON.stringify({ bind: '::1', port: 1, memory: '64M', directPorts: '7100-7103', threads: 4 }))
    expect(readSettings({ port: 2 }, config)).toEqual({
      bind: '::1',
      port: 2,
      memory: 64 * 1024 * 1024,
      directPorts: [7100, 7103],
      threads: 4,
    })
    expect(readSettings({ port: 2 }, undefined)).toEqual({ port: 2 })
  })

  it.each([
    [{ prot: 7070 }, 'prot'],
    [{ port: 70_000 }, 'port: '],
    [{ port: '7070' }, 'port: '],
    [{ memory: '64X' }, 'memory: '],
    [{ directPorts: '7103' }, 'directPorts: '],
    [{ eviction: 'all' }, 'eviction: '],
    [{ allowRemoteClients: 'yes' }, 'allowRemoteClients: '],
    [{ drainSeconds: -1 }, 'drainSeconds: '],
    [[], 'expected object'],
  ])('refuses %j', (settings, problem) => {
    expect(() => configured(settings)).toThrow(problem)
    expect(() => configured(settings)).toThrow('file.json')
  })

  it('says what is wrong with the file itself', () => {
    expect(() => readSettings({}, file('{'))).toThrow('is not JSON')
    expect(() => readSettings({}, join(folder, 'nobody.json'))).toThrow('cannot be read')
  })
})

describe('serverOptions', () => {
  it('reads what the settings name', () => {
    const path = file('geheim\n')
    expect(serverOptions({ passwordFile: path }, 'other', silentLogger)).toMatchObject({
      password: 'geheim',
      port: 7070,
    })
    expect(serverOptions({}, 'other', silentLogger)).toMatchObject({ password: 'other' })
    expect(serverOptions({ drainSeconds: 1.5 }, undefined, silentLogger)).toMatchObject({ drainMs: 1_500 })
    const tls = serverOptions({ tlsCert: path, tlsKey: path, tlsCa: path }, undefined, silentLogger).tls
    expect(tls).toEqual({ cert: 'geheim\n', key: 'geheim\n', ca: 'geheim\n' })
    expect(() => serverOptions({ tlsCert: path }, undefined, silentLogger)).toThrow('--tls-key')
  })

  it('takes the port from the topology', () => {
    const topology = evenTopology({ nodes: [{ id: 'a', host: 'h', ports: [1] }] })
    const options = serverOptions({ topology: file(JSON.stringify(topology)), node: 'a' }, undefined, silentLogger)
    expect(options).toMatchObject({ topology, nodeId: 'a' })
    expect(options.port).toBe(undefined)
  })

  it('names the file of a bad topology', () => {
    expect(() => readTopology(file('{"number": 1, "nodes": [], "shards": []}'))).toThrow(/file\.json: topology\.nodes/)
  })
})
