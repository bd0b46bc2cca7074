// What the admin listener answers, without HTTP around it: one answer for each question, every one within a time limit.

import type { Clock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { withTimeLimit } from '../util/time-limit.ts'
import type { AdminTarget, Readiness } from './admin-target.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Milliseconds for which a reload of the topology is waited for. */
const RELOAD_MS = 60_000

const JSON_CONTENT_TYPE = 'application/json'

/** A whole response. */
export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Response headers beside those of every answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What the answers are made from. */
export interface AdminFacts {
  readonly target: AdminTarget
  /** The node's id in the topology. */
  readonly node: string
  readonly version: string
  /** Milliseconds within which all threads have to answer. */
  readonly statsMs: number
  readonly clock: Clock
}

/** An answer in JSON. */
function jsonAnswer(status: number, value: unknown, headers: AdminAnswer['headers'] = {}): AdminAnswer {
  return { status, contentType: JSON_CONTENT_TYPE, body: `${JSON.stringify(value)}\n`, headers }
}

/** An answer that says what is wrong. */
export function errorAnswer(status: number, error: string, headers: AdminAnswer['headers'] = {}): AdminAnswer {
  return jsonAnswer(status, { error }, headers)
}

/** Answers questions about one server. */
export class AdminAnswers {
  readonly #facts: AdminFacts
  readonly #startMs: number
  /** Shared by all who ask meanwhile: threads that hang are asked once. */
  #statsUnderWay: Promise<ThreadStats[]> | undefined
  #reloadUnderWay: Promise<unknown> | undefined

  constructor(facts: AdminFacts) {
    this.#facts = facts
    this.#startMs = facts.clock.monotonicMs()
  }

  /** Prometheus's text. */
  async metrics(): Promise<AdminAnswer> {
    const { node, version, target } = this.#facts
    const threads = await this.#stats()
    const facts = {
      node,
      version,
      uptimeMs: this.#uptimeMs(),
      topologyNumber: target.topology.number,
      readiness: target.readiness(),
    }
    // Here, so that a server that nobody scrapes does without the library.
    const { METRICS_CONTENT_TYPE, renderMetrics } = await import('./metrics.ts')
    return { status: 200, contentType: METRICS_CONTENT_TYPE, body: await renderMetrics(facts, threads) }
  }

  /** Whether all threads answer. */
  async health(): Promise<AdminAnswer> {
    await this.#stats()
    return jsonAnswer(200, { status: 'ok' })
  }

  /** Whether all shards serve. */
  async ready(): Promise<AdminAnswer> {
    const readiness = this.#facts.target.readiness()
    const silence = await this.#silenceOfThreads()
    const all: Readiness = {
      isReady: readiness.isReady && silence.length === 0,
      reasons: [...readiness.reasons, ...silence],
    }
    return jsonAnswer(all.isReady ? 200 : 503, all)
  }

  /** Everything that is counted. */
  async stats(): Promise<AdminAnswer> {
    const { node, version, target } = this.#facts
    const threads = await this.#stats()
    const { isReady, reasons } = target.readiness()
    const topologyNumber = target.topology.number
    return jsonAnswer(200, { node, version, uptimeMs: this.#uptimeMs(), topologyNumber, isReady, reasons, threads })
  }

  /** The topology in force. */
  async topology(): Promise<AdminAnswer> {
    return jsonAnswer(200, this.#facts.target.topology)
  }

  /** Puts the topology file in force, one request at a time. */
  async reload(body: string): Promise<AdminAnswer> {
    const force = forceOf(body)
    if (force === undefined) return errorAnswer(400, 'the body must be {"force":true} or {"force":false}')
    const { target, clock } = this.#facts
    if (target.reloadTopology === undefined) {
      return errorAnswer(409, 'the server was started without a topology file')
    }
    if (this.#reloadUnderWay !== undefined) return errorAnswer(409, 'the topology is being reloaded already')
    const reload = target.reloadTopology({ force }).finally(() => {
      this.#reloadUnderWay = undefined
    })
    this.#reloadUnderWay = reload
    return jsonAnswer(200, await withTimeLimit(clock, RELOAD_MS, reload))
  }

  #stats(): Promise<ThreadStats[]> {
    const { target, clock, statsMs } = this.#facts
    this.#statsUnderWay ??= target.stats().finally(() => {
      this.#statsUnderWay = undefined
    })
    return withTimeLimit(clock, statsMs, this.#statsUnderWay)
  }

  /** Why the threads do not answer; nothing when they do. */
  async #silenceOfThreads(): Promise<string[]> {
    try {
      await this.#stats()
      return []
    } catch (error) {
      // Anything but an error of Sluice's own is a bug.
      if (!(error instanceof SluiceError)) throw error
      return [reasonOf(error)]
    }
  }

  #uptimeMs(): number {
    return this.#facts.clock.monotonicMs() - this.#startMs
  }
}

/** The answer to a question that failed: 409 when the question cannot be granted, 503 when it may be later. */
export function failureAnswer(error: SluiceError): AdminAnswer {
  return errorAnswer(error.code === 'INVALID_ARGUMENT' ? 409 : 503, reasonOf(error))
}

function reasonOf(error: SluiceError): string {
  return error.code === 'TIMEOUT' ? `the server did not answer in time: ${error.message}` : error.message
}

/** The value of `force` in a request's body: undefined unless it is the one thing in it. */
function forceOf(body: string): boolean | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null || Object.keys(parsed).join() !== 'force') return undefined
    return 'force' in parsed && typeof parsed.force === 'boolean' ? parsed.force : undefined
  } catch {
    return undefined
  }
}
