// `sluice verify`: judges recorded histories.
//
// Exit codes: 0 linearizable, 1 not, 2 bad usage or a bad file, 3 unknown.

import { createReadStream, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { systemSchedule } from '../util/schedule.ts'
import { type CheckProgress, type CheckResult, checkHistory } from '../verify/check-history.ts'
import { drawHtml } from '../verify/draw-html.ts'
import { drawText } from '../verify/draw-text.ts'
import { History } from '../verify/history.ts'
import { HistoryDecoder } from '../verify/history-decoder.ts'
import { resultJson, summaryLines } from '../verify/summary.ts'
import { decimalNumber } from './numbers.ts'
import { Terminal } from './terminal.ts'

const EXIT_CODES = { LINEARIZABLE: 0, NOT: 1, UNKNOWN: 3 } as const
const TIME_LIMIT_SECONDS_DEFAULT = 300
/** The time for which signals and the terminal wait at most, about. */
const TURN_MS = 50
const READ_BYTES = 1024 * 1024

interface VerifyArguments {
  readonly timeLimit: number
  readonly html?: string
  readonly json?: string
}

/** The subcommand. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Judges whether recorded histories are linearizable, all files together as one run. docs/HISTORIES.md says how. ' +
        'Exit codes: 0 linearizable, 1 not, 2 bad usage or file, 3 unknown.',
    )
    .argument('<file...>', 'histories; clients of different files are different, keys with the same bytes are the same')
    .option(
      '--time-limit <seconds>',
      `what is not judged by then is unknown (default: ${TIME_LIMIT_SECONDS_DEFAULT})`,
      decimalNumber,
      TIME_LIMIT_SECONDS_DEFAULT,
    )
    .option('--html <file>', 'write a page there that draws what is not linearizable')
    .option('--json <file>', 'write the verdict there as JSON')
    .action(verify)
}

async function verify(files: readonly string[], given: VerifyArguments): Promise<void> {
  const history = new History()
  for (const file of files) await readHistory(file, history)
  history.sortByKey()
  const terminal = new Terminal(process.stderr, { noColour: process.env.NO_COLOR !== undefined })
  const result = await check(history, given.timeLimit, terminal)
  for (const line of summaryLines(result, history)) console.log(line)
  for (const violation of result.violations) {
    console.log('')
    for (const line of drawText(violation, keyBytesOf(history, violation.key))) console.log(line)
  }
  if (given.html !== undefined) writeOutput(given.html, drawHtml(files.join(', '), result, history))
  if (given.json !== undefined)
    writeOutput(given.json, `${JSON.stringify(resultJson(result, history), undefined, 2)}\n`)
  process.exitCode = EXIT_CODES[result.outcome]
}

async function readHistory(file: string, history: History): Promise<void> {
  const decoder = new HistoryDecoder(history)
  try {
    const chunks: AsyncIterable<Uint8Array> = createReadStream(file, { highWaterMark: READ_BYTES })
    for await (const chunk of chunks) decoder.push(chunk)
    decoder.end()
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', `${file}: ${messageOf(cause)}`, { cause })
  }
}

async function check(history: History, timeLimitSeconds: number, terminal: Terminal): Promise<CheckResult> {
  const startMs = systemClock.monotonicMs()
  const endMs = startMs + timeLimitSeconds * 1_000
  const steps = checkHistory(history, { isOver: () => systemClock.monotonicMs() >= endMs })
  let turnMs = startMs
  let shownMs = startMs
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    const nowMs = systemClock.monotonicMs()
    if (nowMs - turnMs < TURN_MS) continue
    if (nowMs - shownMs >= terminal.liveIntervalMs) {
      terminal.live(progressText(step.value))
      shownMs = nowMs
    }
    await new Promise<void>((resolve) => systemSchedule(resolve))
    turnMs = systemClock.monotonicMs()
  }
}

function progressText({ phase, done, total }: CheckProgress): string {
  if (phase === 'smallest') return `looking for the smallest part of violation ${total}`
  return `${phase === 'keys' ? 'checking' : 'searching'} key ${done} of ${total}`
}

function keyBytesOf(history: History, key: number): Uint8Array {
  return history.keyBytes[key] ?? new Uint8Array(0)
}

function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', `${file} cannot be written: ${messageOf(cause)}`, { cause })
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
