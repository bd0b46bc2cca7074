import { SluiceError } from '../../util/errors.ts'

/** Throws INVALID_ARGUMENT, naming the command line's option, unless the value is a whole number in the range. */
export function requireInteger(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new SluiceError('INVALID_ARGUMENT', `${option} must be a whole number from ${least} to ${most}, not ${value}`)
}
