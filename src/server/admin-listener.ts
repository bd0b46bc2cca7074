// The admin listener: metrics, health, statistics and the topology over HTTP, for operators and their tools. It runs in
// the supervising thread, apart from the shard threads' ports, and by default only this machine reaches it.
//
// Every request is bounded: its headers and body, the time it takes to arrive, to be answered and to be read, and the
// connections at once. A connection serves one request.

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { type Clock, systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { type AdminAnswer, AdminAnswers, errorAnswer, failureAnswer } from './admin-answers.ts'
import { AdminGuard, checkToken } from './admin-guard.ts'
import type { AdminTarget } from './admin-target.ts'
import { limitedLogger } from './limited-logger.ts'
import { type Logger, silentLogger } from './logger.ts'
import { requirePort } from './options.ts'

const BIND_DEFAULT = '127.0.0.1'
const PORT_DEFAULT = 7071
const STATS_MS_DEFAULT = 2_000

const CONNECTIONS_MAX = 64
const HEADER_BYTES_MAX = 8 * 1024
const BODY_BYTES_MAX = 64 * 1024

/** Milliseconds for a request to arrive, its headers included, and without progress while its answer is read. */
const REQUEST_MS = 5_000

/** Milliseconds between two checks of the limit above. */
const SWEEP_MS = 500

/** Options of `openAdminListener`. */
export interface AdminListenerOptions {
  /** The server that it tells of. */
  readonly target: AdminTarget
  /** Its id in the topology. Default: that of the only node; required when there are several. */
  readonly nodeId?: string
  /** The program's version, for the metrics. Default `unknown`. */
  readonly version?: string
  /** Address or name of the interface to listen on. Default `127.0.0.1`. */
  readonly bind?: string
  /** 0: any free one. Default 7071. */
  readonly port?: number
  /** What every request has to bring as `Authorization: Bearer`. Default: none; required unless bound to loopback. */
  readonly token?: string
  /**
   * Further names under which it may be asked, for instance by way of a proxy. Default: none, beside the interface, the
   * address under which a request came in, and the node's host in the topology.
   */
  readonly hostNames?: readonly string[]
  /** Milliseconds within which all shard threads have to answer. Default 2,000. */
  readonly statsMs?: number
  /** Default: none. */
  readonly logger?: Logger
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** A listener that serves. */
export interface AdminListener {
  /** `http://address:port`. */
  readonly url: string
  /** Answers what has arrived, for five seconds at most, and stops. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Checks what can be told before there is a server. Throws INVALID_ARGUMENT, whose message begins with the option's
 * name.
 */
export function checkAdminOptions(options: Pick<AdminListenerOptions, 'bind' | 'port' | 'token'>): void {
  const { bind = BIND_DEFAULT, port = PORT_DEFAULT, token } = options
  requirePort('port', port)
  checkToken(token, bind)
}

/** Starts to listen. Rejects with INVALID_ARGUMENT or LISTEN_FAILED. */
export async function openAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  checkAdminOptions(options)
  const { target, version = 'unknown', bind = BIND_DEFAULT, token, statsMs = STATS_MS_DEFAULT } = options
  const { port = PORT_DEFAULT, clock = systemClock, logger = silentLogger } = options
  const node = nodeOf(options)
  const hostNames = [...(options.hostNames ?? []), node.host]
  const guard = new AdminGuard({ bind, token, hostNames })
  const answers = new AdminAnswers({ target, node: node.id, version, statsMs, clock })
  const desk = new AdminDesk(guard, answers, limitedLogger(logger, clock))
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: SWEEP_MS,
  })
  server.maxConnections = CONNECTIONS_MAX
  server.on('request', (request, response) => void desk.serve(request, response))
  await listen(server, bind, port)
  const listener = new HttpListener(server, clock)
  logger.info({ url: listener.url }, 'admin listener started')
  return listener
}

/** Takes requests to their answers. */
class AdminDesk {
  readonly #guard: AdminGuard
  readonly #logger: Logger
  /** By path, then by method. */
  readonly #routes: ReadonlyMap<string, Readonly<Record<string, (request: IncomingMessage) => Promise<AdminAnswer>>>>

  constructor(guard: AdminGuard, answers: AdminAnswers, logger: Logger) {
    this.#guard = guard
    this.#logger = logger
    this.#routes = new Map([
      ['/metrics', { GET: () => answers.metrics() }],
      ['/health', { GET: () => answers.health() }],
      ['/ready', { GET: () => answers.ready() }],
      ['/stats', { GET: () => answers.stats() }],
      ['/topology', { GET: () => answers.topology() }],
      ['/topology/reload', { POST: (request: IncomingMessage) => reload(request, answers) }],
    ])
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whatever the peer does to the connection ends the connection alone.
    request.on('error', () => {})
    response.on('error', () => {})
    let answer: AdminAnswer
    try {
      answer = await this.#answer(request)
    } catch (error) {
      answer = this.#failure(error)
    }
    const { status, contentType, body, headers } = answer
    if (request.method === 'POST' || status === 401 || status === 403) this.#log(request, status)
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...headers,
    })
    response.end(body)
    response.setTimeout(REQUEST_MS, () => request.socket.destroy())
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const refusal = this.#guard.refusalOf(request)
    if (refusal !== undefined) return refusal
    const [path = ''] = (request.url ?? '').split('?')
    const methods = this.#routes.get(path)
    if (methods === undefined) {
      return errorAnswer(404, `there is nothing here; the paths are ${[...this.#routes.keys()].join(' ')}`)
    }
    const handler = Object.hasOwn(methods, request.method ?? '') ? methods[request.method ?? ''] : undefined
    const allow = Object.keys(methods).join()
    return handler?.(request) ?? errorAnswer(405, `the method must be ${allow}`, { Allow: allow })
  }

  #failure(error: unknown): AdminAnswer {
    if (error instanceof SluiceError) return failureAnswer(error)
    this.#logger.error({ error: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }, 'admin bug')
    return errorAnswer(500, 'a bug in the server; its log says more')
  }

  #log({ method = '', socket }: IncomingMessage, status: number): void {
    const fields = { method, status, peer: socket.remoteAddress ?? '' }
    if (status === 200) this.#logger.info(fields, 'admin request')
    else this.#logger.warn(fields, 'admin request refused')
  }
}

async function reload(request: IncomingMessage, answers: AdminAnswers): Promise<AdminAnswer> {
  const [contentType = ''] = (request.headers['content-type'] ?? '').split(';')
  if (contentType.trim().toLowerCase() !== 'application/json') {
    return errorAnswer(415, 'the Content-Type must be application/json')
  }
  const body = await readBody(request)
  if (body === undefined) return errorAnswer(413, `the body has more than ${BODY_BYTES_MAX} bytes`)
  return answers.reload(body)
}

/**
 * The body as text; undefined when it is too large or did not arrive. Read to its end all the same, or the peer, still sending, would see
 * a reset in place of the answer; what is beyond the limit is dropped as it comes.
 */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
    })
    request.on('end', () => resolve(bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks).toString('utf8') : undefined))
    // Without the end before: the peer has gone, or was too slow. What came of the body is not acted upon.
    request.on('close', () => resolve(undefined))
  })
}

class HttpListener implements AdminListener {
  readonly url: string
  readonly #server: HttpServer
  readonly #clock: Clock
  #closed: Promise<void> | undefined

  constructor(server: HttpServer, clock: Clock) {
    this.#server = server
    this.#clock = clock
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new SluiceError('LISTEN_FAILED', 'there is no address')
    this.url = `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`
  }

  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    // Once it is closed, Node enforces the time limits of requests no more.
    const grace = this.#clock.after(REQUEST_MS, () => this.#server.closeAllConnections())
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeIdleConnections()
    })
    grace.cancel()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function listen(server: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays: an error of a later connection must not end the process.
    server.on('error', (cause) => {
      const message = `the admin listener cannot listen on ${host}:${port}: ${cause.message}`
      reject(new SluiceError('LISTEN_FAILED', message, { cause }))
    })
    server.listen({ host, port }, resolve)
  })
}

function nodeOf({ target, nodeId }: AdminListenerOptions): { readonly id: string; readonly host: string } {
  const { nodes } = target.topology
  const node = nodeId === undefined && nodes.length === 1 ? nodes[0] : nodes.find(({ id }) => id === nodeId)
  if (node !== undefined) return node
  const what = nodeId === undefined ? 'nodeId is required' : `there is no node ${nodeId}`
  throw new SluiceError('INVALID_ARGUMENT', `${what} in a topology of ${nodes.length} nodes`)
}
