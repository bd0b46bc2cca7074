// Files that the command line is told to read. Every refusal is INVALID_ARGUMENT and names the file.

import { readFileSync } from 'node:fs'
import { parseTopology } from '../cluster/parse-topology.ts'
import type { Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'

const FILE_BYTES_MAX = 16 * 1024 * 1024

/** A file's text. */
export function readText(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`${file} cannot be read: ${messageOf(cause)}`)
  }
  if (text.length > FILE_BYTES_MAX) throw invalid(`${file} is larger than ${FILE_BYTES_MAX} bytes`)
  return text
}

/** What a file of JSON holds. */
export function readJson(file: string): unknown {
  const text = readText(file)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(`${file} is not JSON: ${messageOf(cause)}`)
  }
}

/** The topology in a file. */
export function readTopology(file: string): Topology {
  const json = readJson(file)
  try {
    return parseTopology(json)
  } catch (cause) {
    throw invalid(`${file}: ${messageOf(cause)}`)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
