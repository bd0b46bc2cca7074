// Mixes of operations: those of YCSB by their letters, and any other as text.

import { invalidOption } from './invalid-option.ts'
import { KIND_END, KIND_INSERT, KIND_READ, KIND_READ_MODIFY_WRITE, KIND_UPDATE, KINDS } from './kinds.ts'

/** A mix that has a name. */
export interface NamedMix {
  /** In results. */
  readonly name: string
  /** Share of each kind, by its number; together 1. */
  readonly mix: readonly number[]
  /** The distribution that YCSB gives it. */
  readonly distribution: 'zipf' | 'latest'
}

/** The core workloads of YCSB, by letter, without E. */
export const NAMED_MIXES: Readonly<Record<string, NamedMix>> = Object.freeze({
  a: named('ycsb-a', 'zipf', [KIND_READ, 0.5], [KIND_UPDATE, 0.5]),
  b: named('ycsb-b', 'zipf', [KIND_READ, 0.95], [KIND_UPDATE, 0.05]),
  c: named('ycsb-c', 'zipf', [KIND_READ, 1]),
  d: named('ycsb-d', 'latest', [KIND_READ, 0.95], [KIND_INSERT, 0.05]),
  f: named('ycsb-f', 'zipf', [KIND_READ, 0.5], [KIND_READ_MODIFY_WRITE, 0.5]),
})

/** The mix of a letter. Throws INVALID_ARGUMENT, naming `--workload`. */
export function namedMix(letter: string): NamedMix {
  if (letter === 'e') {
    throw invalidOption('--workload e scans records in the order of their keys, and Sluice has no ordered scans')
  }
  const found = Object.hasOwn(NAMED_MIXES, letter) ? NAMED_MIXES[letter] : undefined
  if (found === undefined) {
    throw invalidOption(`--workload must be one of ${Object.keys(NAMED_MIXES).join(', ')}, not ${letter}`)
  }
  return found
}

/**
 * The shares of a mix like `read=80,update=10,delete=5,increment=5`: percent, or weights of any sum. Throws
 * INVALID_ARGUMENT, naming `--mix`.
 */
export function parseMix(text: string): readonly number[] {
  const weights = new Array<number>(KIND_END).fill(0)
  const seen = new Set<number>()
  for (const part of text.split(',')) {
    const [, name, digits] = /^([a-z]+)=(\d{1,9}(?:\.\d{1,9})?)$/.exec(part) ?? []
    if (name === undefined) {
      throw invalidOption(`--mix must be parts like read=95,update=5, separated by commas; "${part}" is none`)
    }
    const row = KINDS.find((kind) => kind.name === name)
    if (row === undefined) {
      throw invalidOption(`--mix knows ${KINDS.map((kind) => kind.name).join(', ')}, not ${name}`)
    }
    if (seen.has(row.code)) throw invalidOption(`--mix names ${name} twice`)
    seen.add(row.code)
    weights[row.code] = Number(digits)
  }
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (sum === 0) throw invalidOption('--mix must give at least one kind of operation a share')
  return Object.freeze(weights.map((weight) => weight / sum))
}

function named(
  name: string,
  distribution: NamedMix['distribution'],
  ...shares: [kind: number, share: number][]
): NamedMix {
  const mix = new Array<number>(KIND_END).fill(0)
  for (const [kind, share] of shares) mix[kind] = share
  return Object.freeze({ name, mix: Object.freeze(mix), distribution })
}
