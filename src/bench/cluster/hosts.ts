// Which machines a cluster runs on, as the user names them.

import { SluiceError } from '../../util/errors.ts'

/** What an agent is for. */
export type HostRole = 'server' | 'client'

/** One agent's place. */
export interface Host {
  /** `server-1`, `client-2`; the server's is its node's name in the topology too. */
  readonly id: string
  readonly role: HostRole
  /** What ssh is told, `user@host` or a name of its configuration; undefined: a child process on this machine. */
  readonly sshName: string | undefined
  /** Where clients reach it. */
  readonly address: string
}

/** Agents of one role. */
const HOSTS_MAX = 64

const LOOPBACK = '127.0.0.1'

/**
 * The hosts that an option names: how many on this machine, or a list with commas of `host`, `user@host` or
 * `host=address`. Throws INVALID_ARGUMENT, naming the option.
 */
export function parseHosts(option: string, text: string, role: HostRole): Host[] {
  const isCount = /^\d+$/.test(text)
  const names = isCount ? undefined : text.split(',')
  const count = names?.length ?? Number(text)
  if (count < 1 || count > HOSTS_MAX) throw invalid(`${option} must be 1 to ${HOSTS_MAX} hosts, not ${count}`)
  return Array.from({ length: count }, (_, place) => {
    const id = `${role}-${place + 1}`
    const name = names?.[place]
    return name === undefined
      ? { id, role, sshName: undefined, address: LOOPBACK }
      : { id, role, ...placeOf(option, name) }
  })
}

/** How messages name it: its id, and where it is. */
export function hostTitle({ id, sshName }: Host): string {
  return sshName === undefined ? id : `${id} (${sshName})`
}

/** The interface that a server listens on: loopback when nobody else is meant to reach any of the servers, else all. */
export function bindAddress(servers: readonly Host[]): string {
  const addresses = servers.map(({ address }) => address)
  if (addresses.every(isLoopback)) return addresses.includes('::1') ? '::1' : LOOPBACK
  return addresses.some((address) => address.includes(':')) ? '::' : '0.0.0.0'
}

/** Throws INVALID_ARGUMENT when clients on other machines are to reach servers that are only said to be on this one. */
export function requireReachable(servers: readonly Host[], clients: readonly Host[]): void {
  const local = servers.find(({ sshName }) => sshName === undefined)
  const remote = clients.find(({ sshName, address }) => sshName !== undefined && !isLoopback(address))
  if (local === undefined || remote === undefined) return
  throw invalid(
    `--servers as a count are on this machine, where clients on ${remote.sshName} cannot find them: ` +
      'name it with its address, --servers localhost=ADDRESS',
  )
}

function placeOf(option: string, name: string): Pick<Host, 'sshName' | 'address'> {
  const [sshName = '', address = addressIn(sshName), ...rest] = name.split('=')
  // A name that begins with a dash would be an option to ssh.
  if (rest.length > 0 || !/^[^\s-]\S*$/.test(sshName) || !/^\S+$/.test(address)) {
    throw invalid(`${option} must be a count or hosts with commas, such as h1,user@h2,h3=10.0.0.3, not ${name}`)
  }
  return { sshName, address }
}

/** The host without its user. `localhost` may be an address of the other family than the one that the server listens on. */
function addressIn(sshName: string): string {
  const host = sshName.slice(sshName.lastIndexOf('@') + 1)
  return host === 'localhost' ? LOOPBACK : host
}

function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === '::1' || address === 'localhost'
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
