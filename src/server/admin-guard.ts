// Who may ask the admin listener. Three checks, each against another abuse:
//
//   token    whoever reaches the port from other machines; required unless only this machine reaches it
//   Host     a web page whose name its owner points at this machine (DNS rebinding): it asks under its own name
//   Origin   a web page that sends a form or a script's request across sites: browsers say where it comes from
//
// Tokens are compared as digests of fixed length, in a time that tells nothing of them.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { SluiceError } from '../util/errors.ts'
import { type AdminAnswer, errorAnswer } from './admin-answers.ts'
import { isLoopback } from './tcp-listener.ts'

/** Characters of a token. */
const TOKEN_CHARS_MIN = 16
const TOKEN_CHARS_MAX = 1_024

/** What is checked. */
export interface GuardOptions {
  /** The interface that the listener is bound to. */
  readonly bind: string
  /** Undefined: none is asked for. */
  readonly token: string | undefined
  /** Names and addresses under which the listener may be asked, beside those of the interface. */
  readonly hostNames: readonly string[]
}

/** Checks requests. */
export class AdminGuard {
  readonly #tokenDigest: Buffer | undefined
  readonly #hostNames: ReadonlySet<string | undefined>

  /** The options have been checked: `checkToken`. */
  constructor({ bind, token, hostNames }: GuardOptions) {
    this.#tokenDigest = token === undefined ? undefined : digestOf(token)
    this.#hostNames = new Set([bind, ...hostNames].map((name) => canonicalHost(isIPv6(name) ? `[${name}]` : name)))
  }

  /** Why the request is refused; undefined when it is not. */
  refusalOf(request: IncomingMessage): AdminAnswer | undefined {
    if (!this.#isKnownHost(request)) {
      return errorAnswer(403, 'the Host header names neither the address nor a name of this listener')
    }
    if (!this.#hasToken(request)) {
      return errorAnswer(401, 'the admin token is missing or wrong', { 'WWW-Authenticate': 'Bearer' })
    }
    if (request.method !== 'GET' && request.headers.origin !== undefined) {
      return errorAnswer(403, 'requests of web pages are refused')
    }
    return undefined
  }

  #isKnownHost({ headers, socket }: IncomingMessage): boolean {
    const host = canonicalHost(headers.host ?? '')
    if (host === undefined) return false
    // The address under which this very connection came in, as on a listener bound to all interfaces.
    const address = (socket.localAddress ?? '').replace(/^::ffff:/, '')
    return (
      this.#hostNames.has(host) ||
      host === canonicalHost(isIPv6(address) ? `[${address}]` : address) ||
      (host === 'localhost' && isLoopback(address))
    )
  }

  #hasToken({ headers }: IncomingMessage): boolean {
    if (this.#tokenDigest === undefined) return true
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    return timingSafeEqual(digestOf(token), this.#tokenDigest)
  }
}

/**
 * Throws INVALID_ARGUMENT, whose message begins with `token`, when other machines could ask without one, or it is none
 * that HTTP carries.
 */
export function checkToken(token: string | undefined, bind: string): void {
  if (token === undefined && !isLoopback(bind) && bind !== 'localhost') {
    throw invalid(`token is required for an admin listener that is bound to ${bind}, which other machines may reach`)
  }
  if (token !== undefined && !isToken(token)) {
    throw invalid(`token must have ${TOKEN_CHARS_MIN} to ${TOKEN_CHARS_MAX} visible ASCII characters`)
  }
}

/** The host of `host` or `host:port` in the one spelling that URLs have for it; undefined when it is none. */
function canonicalHost(text: string): string | undefined {
  if (!/^(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(text)) return undefined
  try {
    return new URL(`http://${text}`).hostname
  } catch {
    return undefined
  }
}

function isToken(token: string): boolean {
  return token.length >= TOKEN_CHARS_MIN && token.length <= TOKEN_CHARS_MAX && /^[\x21-\x7e]+$/.test(token)
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
