// What a server needs of a logger; pino's loggers fit. Keys, values and credentials never reach it.

/** The facts of one log line. */
export type LogFields = Readonly<Record<string, string | number | boolean>>

/** Takes log lines: `info` for the server's life, `warn` for a peer's fault, `error` for the server's own. */
export interface Logger {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

/** Drops every line. */
export const silentLogger: Logger = {
  info() {},
  warn() {},
  error() {},
}
