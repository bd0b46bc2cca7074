// The admin token as the command line takes it: from a file or the environment, never as an argument, which every user
// of the machine could read.

import { closeSync, openSync, readSync } from 'node:fs'
import { SluiceError } from '../util/errors.ts'

/** More than the longest token, and a line end. */
const FILE_BYTES_MAX = 2_048

/**
 * The token in `file`, without the line end behind it, else that of SLUICE_ADMIN_TOKEN, else none. Throws
 * INVALID_ARGUMENT, which does not tell the token.
 */
export function readAdminToken(file: string | undefined): string | undefined {
  const token = file === undefined ? process.env.SLUICE_ADMIN_TOKEN : readStart(file).replace(/\r?\n$/, '')
  // Set to nothing by mistake, it must not mean that no token is asked for.
  if (token === undefined || /^[\x21-\x7e]{1,1024}$/.test(token)) return token
  const source = file === undefined ? 'SLUICE_ADMIN_TOKEN' : `the file ${file}`
  throw new SluiceError(
    'INVALID_ARGUMENT',
    `${source} must hold one admin token: at most 1024 visible ASCII characters`,
  )
}

function readStart(path: string): string {
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = new Uint8Array(FILE_BYTES_MAX)
      return Buffer.from(bytes.subarray(0, readSync(file, bytes))).toString('utf8')
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new SluiceError('INVALID_ARGUMENT', `the admin token file cannot be read: ${reason}`, { cause })
  }
}
