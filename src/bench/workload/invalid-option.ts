import { SluiceError } from '../../util/errors.ts'

/** INVALID_ARGUMENT, with a message that names the command line's option. */
export function invalidOption(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
