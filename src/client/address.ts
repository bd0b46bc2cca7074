// What callers of `connect` write: `host:port`, or a URL that also says how the connection is made.
//
//   sluice://[:password@]host[:port][,host[:port]...]     over TCP
//   sluices://...                                         over TLS

import { SluiceError } from '../util/errors.ts'

/** The port of a server that was told none. */
const PORT_DEFAULT = 7070

const PORT_MAX = 65_535

/** Addresses, and what a URL said of the way to them. */
export interface ClientTarget {
  /** `host:port` each. */
  readonly addresses: readonly string[]
  /** Undefined when no URL had one. */
  readonly password: string | undefined
  readonly isEncrypted: boolean
}

/** Reads one or several addresses. Throws INVALID_ARGUMENT, without repeating a password. */
export function parseTargets(given: string | readonly string[]): ClientTarget {
  const targets = (typeof given === 'string' ? [given] : given).map(parseTarget)
  const first = targets[0]
  if (first === undefined) throw invalid('there is no address to connect to')
  if (targets.some(({ isEncrypted }) => isEncrypted !== first.isEncrypted)) {
    throw invalid('some addresses are to be reached over TLS and others not')
  }
  const passwords = new Set(targets.flatMap(({ password }) => password ?? []))
  if (passwords.size > 1) throw invalid('the addresses have different passwords')
  const [password] = passwords
  return { addresses: targets.flatMap(({ addresses }) => addresses), password, isEncrypted: first.isEncrypted }
}

/** Host and port of `host:port`. Throws INVALID_ARGUMENT. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]/@]+)):(?<digits>\d{1,5})$/.exec(address)
  const host = match?.groups?.bracketed ?? match?.groups?.plain
  const port = Number(match?.groups?.digits)
  if (host !== undefined && port >= 1 && port <= PORT_MAX) return { host, port }
  throw invalid(`${JSON.stringify(address)} is not host:port`)
}

function parseTarget(given: string): ClientTarget {
  const url = /^(?<scheme>[a-z]+):\/\/(?:(?<user>[^@]*)@)?(?<rest>[^@]*?)\/?$/.exec(given)?.groups
  if (url === undefined) return { addresses: [withPort(given)], password: undefined, isEncrypted: false }
  const { scheme, user, rest = '' } = url
  if (scheme !== 'sluice' && scheme !== 'sluices') throw invalid(`${scheme}:// is neither sluice:// nor sluices://`)
  const addresses = rest.split(',').map(withPort)
  return { addresses, password: user === undefined ? undefined : passwordOf(user), isEncrypted: scheme === 'sluices' }
}

function withPort(address: string): string {
  const hasPort = /:\d+$/.test(address) && !/^[^[]*:[^[]*:/.test(address)
  const whole = hasPort ? address : `${address}:${PORT_DEFAULT}`
  parseAddress(whole)
  return whole
}

function passwordOf(user: string): string {
  if (!user.startsWith(':')) throw invalid('there are no user names: a password stands behind a colon')
  try {
    return decodeURIComponent(user.slice(1))
  } catch {
    throw invalid('the password is not percent-encoded well')
  }
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
