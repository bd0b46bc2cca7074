// Errors that are answers: the operation was decided, and other operations of its block are not concerned.

import { STATUS_NO_MEMORY, STATUS_NOT_A_NUMBER, STATUS_OVERFLOW } from '../../protocol/codes.ts'
import { SluiceError } from '../../util/errors.ts'

const STATUSES: Readonly<Record<string, number>> = {
  NO_MEMORY: STATUS_NO_MEMORY,
  NOT_A_NUMBER: STATUS_NOT_A_NUMBER,
  OVERFLOW: STATUS_OVERFLOW,
}

/** The status that the error stands for. Throws every other error. */
export function statusOfError(error: unknown): number {
  const status = error instanceof SluiceError ? STATUSES[error.code] : undefined
  if (status === undefined) throw error
  return status
}
