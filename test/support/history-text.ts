// Histories as text, one operation a line, for tests that a person can read:
//
//   0-10 write 1            5-20 read 1           30-40 read none       0- write 2          (no reply: unknown)
//   1-2 delete              1-2 delete none       1-2 add 1             1-2 add 1 refused   1-2 add 1 lost (not done)
//   1-2 set 5 if 7          1-2 set 5 if 7 refused                      1-2 inc 3 = 8       1-2 inc 3 refused
//   1-2 expire              1-2 expire none       1-2 wipe              1-2 wipe slots 0-9
//
// Behind that: `mortal` (has an expiry), `v12` (version), `@name` (key, default k), `#3` (client, default the line's
// number). `evicts` on a line of its own says that the store may evict.

import { encodeUtf8 } from '../../src/util/bytes.ts'
import {
  ADD,
  COMPARE_AND_SET,
  DELETE,
  DONE,
  EXPIRE,
  INCREMENT,
  MORTAL,
  NO_KEY,
  NOT_DONE,
  READ,
  UNKNOWN,
  UNMET,
  WIPE,
  WIPE_SLOTS,
  WRITE,
} from '../../src/verify/format.ts'
import { History } from '../../src/verify/history.ts'
import { HistoryDecoder } from '../../src/verify/history-decoder.ts'
import { HistoryWriter } from '../../src/verify/history-writer.ts'
import { gatherKey, type KeyOperations } from '../../src/verify/key-operations.ts'

/** An operation by its fields. */
export interface PlainOperation {
  readonly from: number
  /** Infinity when no reply came. */
  readonly to: number
  readonly kind: number
  readonly status: number
  readonly value?: number
  readonly version?: number
  readonly argument?: number
  readonly mortal?: boolean
  readonly key?: string
  readonly client?: number
}

const KINDS: Readonly<Record<string, number>> = {
  read: READ,
  write: WRITE,
  delete: DELETE,
  add: ADD,
  set: COMPARE_AND_SET,
  inc: INCREMENT,
  expire: EXPIRE,
  wipe: WIPE,
}

/** The operations of a text. */
export function parseOperations(text: string): PlainOperation[] {
  return linesOf(text)
    .filter((line) => line !== 'evicts')
    .map((line, index) => ({ client: index, ...parseOperation(line) }))
}

/** The bytes of a history of these operations; slots of keys are the code of their names' first letter. */
export function historyBytes(operations: readonly PlainOperation[], evicts = false, blockOperations = 3): Uint8Array {
  const parts: Uint8Array[] = []
  const writer = new HistoryWriter((bytes) => parts.push(bytes.slice()), { evicts, blockOperations })
  const names = [...new Set(operations.map(({ key = 'k' }) => key))]
  const keys = new Map(names.map((name) => [name, writer.key(encodeUtf8(name), name.charCodeAt(0))]))
  const clients = new Map([...new Set(operations.map(({ client = 0 }) => client))].map((c) => [c, writer.client(c)]))
  for (const { from, to, kind, status, value = 0, version = 0, argument = 0, ...rest } of operations) {
    const key = kind === WIPE || kind === WIPE_SLOTS ? NO_KEY : (keys.get(rest.key ?? 'k') ?? NO_KEY)
    const bits = status | (rest.mortal === true ? MORTAL : 0)
    clients.get(rest.client ?? 0)?.record(kind, bits, key, value, from, to, BigInt(version), BigInt(argument))
  }
  writer.end()
  return new Uint8Array(Buffer.concat(parts))
}

/** What the bytes say. */
export function readHistory(...files: readonly Uint8Array[]): History {
  const history = new History()
  for (const bytes of files) {
    const decoder = new HistoryDecoder(history)
    decoder.push(bytes.slice())
    decoder.end()
  }
  history.sortByKey()
  return history
}

/** The history of a text. */
export function historyOf(text: string): History {
  return readHistory(historyBytes(parseOperations(text), linesOf(text).includes('evicts')))
}

/** The operations as a checker gets them. */
export function keyOperationsOf(operations: readonly PlainOperation[]): KeyOperations {
  const history = readHistory(historyBytes(operations))
  const { operations: gathered } = gatherKey(history, 0)
  gathered.checkInvariants()
  return gathered
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\/\/.*/, '').trim())
    .filter((line) => line !== '')
}

function parseOperation(line: string): PlainOperation {
  const match = /^(\d+)-(\d*) ([a-z]+)(.*)$/.exec(line)
  if (match === null) throw new Error(`no operation: ${line}`)
  const [, from, to, name = '', rest = ''] = match
  const kind = name === 'wipe' && rest.includes('slots') ? WIPE_SLOTS : KINDS[name]
  if (kind === undefined) throw new Error(`no kind: ${line}`)
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(rest)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const isUnmet = /\b(none|refused)\b/.test(rest)
  const status = to === '' ? UNKNOWN : /\blost\b/.test(rest) ? NOT_DONE : isUnmet ? UNMET : DONE
  const first = number(/^ (-?\d+)/)
  const slots = /slots (\d+)-(\d+)/.exec(rest)
  const argument = slots === null ? number(/ if (\d+)/) : Number(slots[1]) + Number(slots[2]) * 65_536
  const client = number(/#(\d+)/)
  return {
    from: Number(from),
    to: to === '' ? Number.POSITIVE_INFINITY : Number(to),
    kind,
    status,
    value: (kind === INCREMENT ? number(/ = (-?\d+)/) : first) ?? 0,
    version: number(/ v(\d+)/) ?? 0,
    argument: (kind === INCREMENT ? first : argument) ?? 0,
    mortal: /\bmortal\b/.test(rest),
    key: /@(\w+)/.exec(rest)?.[1] ?? 'k',
    ...(client !== undefined && { client }),
  }
}
