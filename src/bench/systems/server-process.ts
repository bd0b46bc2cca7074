// Starting and stopping a server program: a process of its own, which listens on the loopback interface.
//
// The process leads a process group, so that Ctrl-C at the terminal reaches the benchmark alone, which then stops it in
// order. When this process exits without doing so, it takes the server with it.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import { type ProcessUsage, UsageReader } from './process-usage.ts'
import type { System } from './system.ts'

const START_MS_MAX_DEFAULT = 20_000
const STOP_MS_MAX_DEFAULT = 10_000

/** Milliseconds between two attempts to connect. */
const POLL_MS = 20

/** Milliseconds that a program has to tell its version. */
const VERSION_MS_MAX = 10_000

/** Characters kept of what a server prints, for messages: the last ones. */
const OUTPUT_CHARACTERS_MAX = 4_000

/** Ports that are tried. */
const ATTEMPTS_MAX = 3

const LOOPBACK = '127.0.0.1'

/** A program and how it is run. */
export interface ServerProgram {
  readonly name: string
  readonly version: string
  readonly path: string
  readonly args: readonly string[]
  readonly serverThreads: number
  /** `host:port`; or what finds it in the output of the program, as its first group. */
  readonly address: string | RegExp
  /** Its environment; default this process's. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds until it must accept connections. Default 20,000. */
  readonly startMsMax?: number
  /** Milliseconds that it has to end when it is told to, before it is killed. Default 10,000. */
  readonly stopMsMax?: number
}

/** Starts a program in an empty folder, and waits until it accepts connections. Rejects with what it printed. */
export async function startServer(program: ServerProgram): Promise<System> {
  const server = new ServerProcess(program)
  try {
    await server.waitUntilReady()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** As `startServer`, with a program that has to be told a port. */
export async function startOnFreePort(programAt: (port: number) => ServerProgram): Promise<System> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(programAt(await freePort()))
    } catch (error) {
      // Somebody else may have taken the port in the meantime.
      const isTaken = error instanceof SluiceError && /in use/i.test(error.message)
      if (!isTaken || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

/** What a program prints when it is asked for its version. Rejects when it is not there, naming the package with it. */
export function readVersion(
  path: string,
  args: readonly string[],
  pattern: RegExp,
  debianPackage: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, args, { timeout: VERSION_MS_MAX }, (error, stdout) => {
      const version = pattern.exec(stdout)?.[1]
      if (version !== undefined) resolve(version)
      else if (error?.code === 'ENOENT') reject(failed(`${path} is not installed: apt-get install ${debianPackage}`))
      else reject(failed(`${path} ${args.join(' ')} does not tell a version: ${error?.message ?? stdout}`))
    })
  })
}

class ServerProcess implements System {
  readonly name: string
  readonly version: string
  readonly serverThreads: number
  readonly command: string
  readonly processIds: readonly number[]
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #usage: UsageReader
  readonly #folder: string
  readonly #addressPattern: RegExp | undefined
  readonly #startMsMax: number
  readonly #stopMsMax: number
  #address: string
  #output = ''
  #end: string | undefined
  #stopped: Promise<void> | undefined

  constructor(program: ServerProgram) {
    const { name, version, path, args, serverThreads, address, env } = program
    this.#startMsMax = program.startMsMax ?? START_MS_MAX_DEFAULT
    this.#stopMsMax = program.stopMsMax ?? STOP_MS_MAX_DEFAULT
    this.name = name
    this.version = version
    this.serverThreads = serverThreads
    this.command = [path, ...args].map(quoted).join(' ')
    this.#address = typeof address === 'string' ? address : ''
    this.#addressPattern = typeof address === 'string' ? undefined : address
    this.#folder = mkdtempSync(join(tmpdir(), `${name}-`))
    this.#child = spawn(path, args, {
      cwd: this.#folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(env !== undefined && { env }),
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS_MAX)
      })
    }
    this.processIds = this.#child.pid === undefined ? [] : [this.#child.pid]
    this.#usage = new UsageReader(this.processIds)
    process.once('exit', this.#endAtOnce)
    this.ended = new Promise((resolve) => {
      const settle = (how: string): void => {
        this.#end ??= `${name} ${how}`
        process.off('exit', this.#endAtOnce)
        rmSync(this.#folder, { recursive: true, force: true })
        resolve(this.#end)
      }
      this.#child.once('error', (error) => settle(`could not be started: ${error.message}`))
      // Its output is complete only then.
      this.#child.once('close', (code, signal) => {
        settle(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`)
      })
    })
  }

  get address(): string {
    return this.#address
  }

  usage(): ProcessUsage {
    return this.#usage.read()
  }

  /** Resolves when the server accepts connections. */
  async waitUntilReady(): Promise<void> {
    const deadlineMs = systemClock.monotonicMs() + this.#startMsMax
    for (;;) {
      if (this.#address === '') this.#address = this.#addressPattern?.exec(this.#output)?.[1] ?? ''
      const isAccepting = this.#address !== '' && (await accepts(this.#address))
      // A server whose port another one has taken ends: it is not that one that was started.
      if (this.#end !== undefined) throw failed(`${this.#end}: ${this.#lastLines()}`)
      if (isAccepting) return
      if (systemClock.monotonicMs() > deadlineMs) {
        throw failed(`${this.name} accepts no connections after ${this.#startMsMax} ms: ${this.#lastLines()}`)
      }
      await new Promise<void>((resolve) => void systemClock.after(POLL_MS, resolve, true))
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    if (this.#end !== undefined) return
    this.#child.kill('SIGTERM')
    const timer = systemClock.after(this.#stopMsMax, () => void this.#child.kill('SIGKILL'), true)
    await this.ended
    timer.cancel()
  }

  readonly #endAtOnce = (): void => {
    this.#child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #lastLines(): string {
    return this.#output.trim() === '' ? 'it printed nothing' : this.#output.trim()
  }
}

/** A port of the loopback interface that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, LOOPBACK, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function accepts(address: string): Promise<boolean> {
  const [host = LOOPBACK, port] = address.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** An argument as a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}

function failed(message: string): SluiceError {
  return new SluiceError('LISTEN_FAILED', message)
}
