// `sluice admin`: asks a server's admin listener, and shows the answer to a person or, as it came, to a program.

import { Argument, Command } from 'commander'
import { SluiceError } from '../util/errors.ts'
import { readAdminToken } from './admin-token.ts'

const URL_DEFAULT = 'http://127.0.0.1:7071'

/** Longer than the listener lets a reload take. */
const ANSWER_MS = 65_000

/** Bytes of an answer: a thread's shards and keys make some hundred KiB. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

const QUESTIONS = ['stats', 'metrics', 'health', 'ready', 'topology', 'reload'] as const

type Question = (typeof QUESTIONS)[number]

interface AdminArguments {
  readonly adminUrl: string
  readonly tokenFile?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** What came back. */
interface Answer {
  readonly status: number
  readonly text: string
}

/** The subcommand. */
export function adminCommand(): Command {
  return new Command('admin')
    .description(
      'Asks a server that was started with --admin-port: what it counts (stats, metrics), whether its threads answer ' +
        '(health) and its shards serve (ready), and for its topology, which reload reads from its file again. ' +
        'Exits with 1 when the answer is no.',
    )
    .addArgument(new Argument('<question>', 'what to ask').choices(QUESTIONS))
    .option('--admin-url <url>', 'where the admin listener is', URL_DEFAULT)
    .option('--token-file <file>', 'file with the admin token (default: SLUICE_ADMIN_TOKEN, or none)')
    .option('--json', 'print the answer as it came')
    .option(
      '--force',
      'with reload: serve gained slots although their previous owners have not answered; one that still runs serves ' +
        'them too, and what it then acknowledges is lost',
    )
    .allowExcessArguments(false)
    .action(admin)
}

async function admin(question: Question, given: AdminArguments): Promise<void> {
  const { force, json = false } = given
  if (force !== undefined && question !== 'reload') {
    throw new SluiceError('INVALID_ARGUMENT', '--force goes with reload alone')
  }
  const answer = await ask(given, question)
  // Being not ready is an answer, not a failure to answer.
  const isAnswer = answer.status === 200 || (question === 'ready' && answer.status === 503)
  if (!isAnswer) throw new SluiceError('REFUSED', `the admin listener answered ${answer.status}: ${errorOf(answer)}`)
  console.log(json || question === 'metrics' ? answer.text.trimEnd() : await report(question, answer.text))
  if (answer.status !== 200) process.exitCode = 1
}

async function ask({ adminUrl, tokenFile, force = false }: AdminArguments, question: Question): Promise<Answer> {
  const path = question === 'reload' ? '/topology/reload' : `/${question}`
  const token = readAdminToken(tokenFile)
  const request: RequestInit = {
    // A token goes to the server that was named, and to no other.
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(question === 'reload' && { 'Content-Type': 'application/json' }),
    },
    ...(question === 'reload' && { method: 'POST', body: JSON.stringify({ force }) }),
  }
  const url = urlOf(adminUrl, path)
  try {
    const response = await fetch(url, request)
    return { status: response.status, text: await readText(response) }
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause
    throw new SluiceError('CONNECT_FAILED', `no answer from ${url.origin}: ${reasonOf(cause)}`, { cause })
  }
}

function urlOf(adminUrl: string, path: string): URL {
  const url = URL.canParse(adminUrl) ? new URL(adminUrl) : undefined
  const isGood = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  if (!isGood) {
    throw new SluiceError('INVALID_ARGUMENT', `--admin-url must be like ${URL_DEFAULT}, without a user or password`)
  }
  return new URL(path, url)
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) {
      throw new SluiceError('PROTOCOL', `the answer has more than ${ANSWER_BYTES_MAX} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Why nothing came: what `fetch` rejects with says that in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}

function errorOf({ text }: Answer): string {
  try {
    const parsed: unknown = JSON.parse(text)
    const isError = typeof parsed === 'object' && parsed !== null && 'error' in parsed
    return isError && typeof parsed.error === 'string' ? parsed.error : 'no reason'
  } catch {
    return 'no reason that can be read'
  }
}

async function report(question: Exclude<Question, 'metrics'>, text: string): Promise<string> {
  const { reportOf } = await import('./admin-report.ts')
  return reportOf(question, text)
}
