// What a server says in an ERROR frame before it closes the connection, as an error for the caller.

import type { WireError } from '../protocol/control.ts'
import { WIRE_ERROR_IDLE, WIRE_ERROR_INTERNAL, WIRE_ERROR_SLOW_READER } from '../protocol/frame.ts'
import { type ErrorCode, SluiceError } from '../util/errors.ts'

/** PROTOCOL when the server says that this client breaks the protocol; else `code`: another connection may do better. */
export function serverError({ code: wireCode, text }: WireError, code: ErrorCode): SluiceError {
  const isOurFault =
    wireCode !== WIRE_ERROR_SLOW_READER && wireCode !== WIRE_ERROR_IDLE && wireCode !== WIRE_ERROR_INTERNAL
  return new SluiceError(isOurFault ? 'PROTOCOL' : code, `the server closed the connection: ${text}`)
}
