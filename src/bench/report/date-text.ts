// A time as a reader likes it, the same on every machine.

const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** `26 July 2026 at 14:05 UTC`. */
export function dateText(timeMs: number): string {
  return `${FORMAT.format(timeMs)} UTC`
}
