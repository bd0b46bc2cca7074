import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Authority } from '../../test/support/certificates.ts'
import { evenTopology } from '../cluster/topology.ts'
import { silentLogger } from '../server/logger.ts'
import { adminOptions, serverOptions } from './serve-options.ts'
import { readSettings } from './serve-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-options-'))
const authority = new Authority()
afterAll(() => {
  authority.remove()
  rmSync(folder, { recursive: true })
})
beforeEach(() => vi.stubEnv('SLUICE_ADMIN_TOKEN', undefined))
afterEach(() => vi.unstubAllEnvs())

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

type Given = Readonly<Record<string, unknown>>

/** As `sluice serve` reads them. */
function optionsOf(flags: Given, config?: string, password?: string) {
  const settings = readSettings(flags, config)
  const server = serverOptions(settings, password, silentLogger)
  return { server, admin: adminOptions(settings, '1.2.3', silentLogger) }
}

const topology = evenTopology({ nodes: [{ id: 'a', host: 'h', ports: [1] }] })
const topologyFile = file('topology.json', topology)

describe('the options of the server', () => {
  it('have what the files hold that the settings name', () => {
    const passwordFile = file('password', 'geheim\n')
    expect(optionsOf({ passwordFile }, undefined, 'other').server).toMatchObject({ password: 'geheim', port: 7070 })
    expect(optionsOf({}, undefined, 'other').server).toMatchObject({ password: 'other' })
    const { cert, key, certFile, keyFile } = authority.issue()
    const { tls } = optionsOf({ tlsCert: certFile, tlsKey: keyFile, tlsCa: authority.caFile }).server
    expect(tls).toEqual({ cert, key, ca: authority.ca })
  })

  it('have milliseconds and limits', () => {
    const config = file('limits.json', { drainSeconds: 1.5, limits: { connectionsMax: 7 } })
    expect(optionsOf({}, config).server).toMatchObject({ drainMs: 1_500, limits: { connectionsMax: 7 } })
  })

  it('have the port of the topology', () => {
    const { server } = optionsOf({ topology: topologyFile, node: 'a' })
    expect(server).toMatchObject({ topology, nodeId: 'a' })
    expect(server.port).toBe(undefined)
  })
})

describe('the options of the admin listener', () => {
  it('are none without a port', () => expect(optionsOf({}).admin).toBe(undefined))

  it('are those of the settings', () => {
    const adminTokenFile = file('token', 'correct-horse-battery\n')
    const { admin } = optionsOf({ adminPort: '0', adminBind: '::', adminTokenFile, topology: topologyFile, node: 'a' })
    const token = 'correct-horse-battery'
    expect(admin).toEqual({ port: 0, bind: '::', token, nodeId: 'a', version: '1.2.3', logger: silentLogger })
    expect(optionsOf({ adminPort: '7071' }).admin).toMatchObject({ port: 7071, nodeId: 'node-1' })
  })
})

const [one, two] = [authority.issue(), authority.issue()]
const absent = join(folder, 'absent')
const noPem = file('no.pem', 'no PEM')

/** What goes with the setting that is refused, that setting, and what is said behind its name. */
it.each<[Given, Given, string]>([
  [{}, { port: '70000' }, ' must be a whole number from 0 to 65535, not 70000'],
  [{}, { port: '-1' }, ' must be a whole number from 0 to 65535, not -1'],
  [{}, { threads: '0' }, ' must be a whole number from 1 to 256, not 0'],
  [{ threads: '4' }, { shards: '3' }, ' must be a whole number from 4 to 16384, not 3'],
  [{ threads: '1' }, { memory: '1K' }, ' must give each of the 1 shards 1048576 to 4194304000 bytes, not 1024'],
  [{}, { directPorts: '0-3' }, ' (from) must be a whole number from 1 to 65535, not 0'],
  [{}, { directPorts: '7103-7100' }, ' (to) must be a whole number from 7103 to 65535, not 7100'],
  [{}, { directPorts: '7100-7400' }, ' (count) must be a whole number from 1 to 256, not 301'],
  [{ threads: '3' }, { directPorts: '7100-7101' }, ' has 2 ports for 3 threads'],
  [{ port: '7100' }, { directPorts: '7100-7101' }, ' includes 7100, the public port'],
  [{ topology: topologyFile }, { node: 'b' }, ' is b, which the topology does not name'],
  [{ topology: topologyFile, node: 'a' }, { threads: '1' }, ' cannot be given with a topology, which says it already'],
  [{}, { topology: absent }, `: ${absent} cannot be read: `],
  [{}, { topology: noPem }, `: ${noPem} is not JSON: `],
  [{}, { topology: file('bad.json', { number: 1 }) }, `: ${join(folder, 'bad.json')}: topology.nodes: `],
  [{}, { passwordFile: absent }, `: ${absent} cannot be read: `],
  [{}, { passwordFile: file('empty', '\n') }, ' must have 1 to 1024 bytes, not 0'],
  [{ tlsKey: one.keyFile }, { tlsCert: absent }, `: ${absent} cannot be read: `],
  [{ tlsKey: one.keyFile }, { tlsCert: noPem }, ' cannot be used: '],
  [{ tlsCert: one.certFile }, { tlsKey: noPem }, ' cannot be used: '],
  [{ tlsCert: one.certFile }, { tlsKey: two.keyFile }, ' cannot be used: '],
  [{}, { adminPort: '70000' }, ' must be a whole number from 0 to 65535, not 70000'],
  [{ adminPort: '0' }, { adminTokenFile: file('short', 'short') }, ' must have 16 to 1024 visible ASCII characters'],
  [{ adminPort: '0' }, { adminTokenFile: absent }, ': the admin token file cannot be read: '],
])('with %j, %j is refused by the name that the user gave it', (others, refused, problem) => {
  const [name = ''] = Object.keys(refused)
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const config = file('config.json', refused)
  expect(() => optionsOf({ ...others, ...refused })).toThrow(sameText(`${flag}${problem}`))
  expect(() => optionsOf(others, config)).toThrow(sameText(`${config}: ${name}${problem}`))
})

it.each<[Given, string]>([
  [{ bind: '0.0.0.0' }, '--advertise is required when the server listens on 0.0.0.0'],
  [{ tlsCert: one.certFile }, '--tls-key is required for TLS'],
  [{ tlsCa: authority.caFile }, '--tls-cert is required for TLS'],
  [{ adminBind: '::1' }, '--admin-port is required for an admin listener'],
  [{ adminTokenFile: absent }, '--admin-port is required for an admin listener'],
  [
    { adminPort: '0', adminBind: '0.0.0.0' },
    '--admin-token-file or SLUICE_ADMIN_TOKEN is required for an admin listener that is bound to 0.0.0.0, which other machines may reach',
  ],
])("with %j, what is missing has its flag's name", (flags, problem) => {
  expect(() => optionsOf(flags)).toThrow(sameText(problem))
  expect(() => optionsOf({}, file('config.json', flags))).toThrow(sameText(problem))
})

it.each([
  [{ connectionsMax: 0 }, 'limits.connectionsMax must be a positive integer, not 0'],
  [{ connectionMax: 1 }, 'limits.connectionMax is not a limit'],
  [{ slowReaderMs: 10 }, 'limits.slowReaderStarvingMs exceeds slowReaderMs'],
])('limits of %j are refused', (limits, problem) => {
  const config = file('config.json', { limits })
  expect(() => optionsOf({}, config)).toThrow(sameText(`${config}: ${problem}`))
})

/** The message; what the system or OpenSSL says may follow a colon. */
function sameText(text: string): unknown {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const message = expect.stringMatching(`^${escaped}${text.endsWith(': ') ? '' : '$'}`)
  return expect.objectContaining({ code: 'INVALID_ARGUMENT', message })
}
