// Bounds the log lines that peers can cause: beyond the limit they are counted, and the count is logged.

import type { Clock } from '../util/clock.ts'
import type { Logger } from './logger.ts'

/** Lines that a thread logs within one second. */
const LOG_LINES_PER_SECOND_MAX = 100

const WINDOW_MS = 1_000

/** Passes on at most `linesMax` lines a second; the next line that passes is preceded by the number left out. */
export function limitedLogger(logger: Logger, clock: Clock, linesMax = LOG_LINES_PER_SECOND_MAX): Logger {
  let windowStartMs = Number.NEGATIVE_INFINITY
  let lineCount = 0
  const mayPass = (): boolean => {
    const nowMs = clock.monotonicMs()
    if (nowMs - windowStartMs >= WINDOW_MS) {
      const leftOut = Math.max(0, lineCount - linesMax)
      windowStartMs = nowMs
      lineCount = 0
      if (leftOut > 0) logger.warn({ lines: leftOut }, 'log lines were left out')
    }
    return ++lineCount <= linesMax
  }
  return {
    info: (fields, message) => mayPass() && logger.info(fields, message),
    warn: (fields, message) => mayPass() && logger.warn(fields, message),
    error: (fields, message) => mayPass() && logger.error(fields, message),
  }
}
