// The log of `sluice serve`: one JSON object a line, on the standard error.

import { destination, pino } from 'pino'
import type { Logger } from '../server/index.ts'

/** How much is logged, from most to least. */
export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const

/** The name of a level. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A logger; its lines are written before the call returns, so that none is lost with the process. */
export function openLog(level: LogLevel): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(
    { ...options, formatters: { level: (label) => ({ level: label }) } },
    destination({ dest: 2, sync: true }),
  )
}
