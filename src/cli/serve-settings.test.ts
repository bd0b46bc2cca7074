import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveCommand } from './serve.ts'
import { readSettings } from './serve-settings.ts'

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

/** A good value of every setting as a flag has it, and what it means. */
const GOOD: Readonly<Record<string, readonly [given: string | true, value: unknown]>> = {
  bind: ['::1', '::1'],
  port: ['0', 0],
  directPorts: ['7100-7103', [7100, 7103]],
  advertise: ['db.example.org', 'db.example.org'],
  node: ['a', 'a'],
  topology: ['topology.json', 'topology.json'],
  threads: ['004', 4],
  shards: ['8', 8],
  memory: ['64M', 64 * 1024 * 1024],
  eviction: ['expiring', 'expiring'],
  passwordFile: ['password', 'password'],
  tlsCert: ['cert.pem', 'cert.pem'],
  tlsKey: ['key.pem', 'key.pem'],
  tlsCa: ['ca.pem', 'ca.pem'],
  allowRemoteClients: [true, true],
  adminPort: ['7071', 7071],
  adminBind: ['0.0.0.0', '0.0.0.0'],
  adminTokenFile: ['token', 'token'],
  drainSeconds: ['1.5', 1.5],
  logLevel: ['silent', 'silent'],
}

describe('readSettings', () => {
  it('takes every setting as a flag, and the same in a file', () => {
    const flags = serveCommand('1').options.map((option) => option.attributeName())
    expect(Object.keys(GOOD).toSorted()).toEqual(flags.filter((name) => name !== 'config').toSorted())
    const given = Object.fromEntries(Object.entries(GOOD).map(([name, [text]]) => [name, text]))
    const values = Object.fromEntries(Object.entries(GOOD).map(([name, [, value]]) => [name, value]))
    expect(readSettings(given, undefined).values).toEqual(values)
    expect(readSettings({}, file(JSON.stringify(given))).values).toEqual(values)
  })

  it('takes numbers of a file as numbers, and limits', () => {
    const values = { port: 1, memory: 67_108_864, drainSeconds: 0, limits: { connectionsMax: 2 } }
    expect(readSettings({}, file(JSON.stringify(values))).values).toEqual(values)
  })

  it('puts flags over the file', () => {
    const settings = readSettings({ port: '2' }, file(JSON.stringify({ port: 1, threads: 4 })))
    expect(settings.values).toEqual({ port: 2, threads: 4 })
    expect(settings.nameOf('port')).toBe('--port')
    expect(settings.nameOf('threads')).toBe(`${join(folder, 'file.json')}: threads`)
    expect(settings.nameOf('adminTokenFile')).toBe('--admin-token-file or SLUICE_ADMIN_TOKEN')
  })

  it.each([
    ['bind', '', 'must be text, not ""'],
    ['port', 'http', 'must be a whole number, not http'],
    ['port', '0x10', 'must be a whole number, not 0x10'],
    ['threads', '1.5', 'must be a whole number, not 1.5'],
    ['shards', '1e3', 'must be a whole number, not 1e3'],
    ['adminPort', '', 'must be a whole number, not ""'],
    ['adminPort', ' 1', 'must be a whole number, not  1'],
    ['directPorts', '7103', 'must be the first and the last port, such as 7100-7103, not 7103'],
    ...['M', '1.5G', '1 G', '1g', '1T', '-1K'].map((text) => [
      'memory',
      text,
      `must be a whole number of bytes, or one with K, M or G behind it, such as 512M, not ${text}`,
    ]),
    ['eviction', 'all', 'must be one of none, any, expiring, not all'],
    ['logLevel', 'debug', 'must be one of info, warn, error, silent, not debug'],
    ['drainSeconds', '-1', 'must be a number from 0 to 3600, not -1'],
    ['drainSeconds', '3601', 'must be a number from 0 to 3600, not 3601'],
  ])('refuses %s %j from wherever it comes', (name = '', given, problem) => {
    const flag = serveCommand('1').options.find((option) => option.attributeName() === name)?.long
    expect(() => readSettings({ [name]: given }, undefined)).toThrow(sameText(`${flag} ${problem}`))
    const path = file(JSON.stringify({ [name]: given }))
    expect(() => readSettings({}, path)).toThrow(sameText(`${path}: ${name} ${problem}`))
  })

  it.each([
    [{ prot: 7070 }, ': prot is not a setting'],
    [{ port: null }, ': port must be a whole number, not null'],
    [{ topology: { nodes: [] } }, ': topology must be text, not {"nodes":[]}'],
    [{ allowRemoteClients: 'yes' }, ': allowRemoteClients must be true or false, not yes'],
    [{ limits: 5 }, ': limits must be an object, not 5'],
    [{ limits: { idleMs: 'long' } }, ': limits.idleMs must be a whole number, not long'],
    [[], ' must be an object'],
    ['text', ' must be an object'],
  ])('refuses a file with %j', (settings, problem) => {
    const path = file(JSON.stringify(settings))
    expect(() => readSettings({}, path)).toThrow(sameText(`${path}${problem}`))
  })

  it('says what is wrong with the file itself', () => {
    expect(() => readSettings({}, file('{'))).toThrow(/^--config: .*file\.json is not JSON/)
    expect(() => readSettings({}, join(folder, 'nobody.json'))).toThrow(/^--config: .*nobody\.json cannot be read/)
  })
})

function sameText(message: string): unknown {
  return expect.objectContaining({ code: 'INVALID_ARGUMENT', message })
}
