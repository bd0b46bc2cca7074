import { SluiceError } from '../util/errors.ts'

/** The error of bytes that the protocol does not allow; the connection that sent them is closed. */
export function protocolError(message: string): SluiceError {
  return new SluiceError('PROTOCOL', message)
}
