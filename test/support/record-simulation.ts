// Random histories: made up altogether, or what a real linearizable record would answer to random calls, with each reply
// decided at one moment between call and return.

import type { Random } from '../../src/util/random.ts'
import {
  ADD,
  COMPARE_AND_SET,
  DELETE,
  DONE,
  EXPIRE,
  INCREMENT,
  READ,
  UNKNOWN,
  UNMET,
  WIPE,
  WRITE,
} from '../../src/verify/format.ts'
import type { PlainOperation } from './history-text.ts'

const ALL_KINDS = [READ, READ, READ, WRITE, WRITE, DELETE, ADD, COMPARE_AND_SET, INCREMENT, EXPIRE, WIPE]

/** What is drawn. */
export interface DrawOptions {
  readonly count: number
  /** Reads and writes of different values alone. */
  readonly isPlain: boolean
  readonly evicts: boolean
  /** Moments among which calls and returns are drawn: few make much overlap. */
  readonly moments: number
  /** Moments from call to return, at most. */
  readonly lengthMax: number
  readonly hasVersions: boolean
}

/** Calls without replies, by the time of their call. */
function drawCalls(random: Random, { count, isPlain, moments, lengthMax }: DrawOptions): PlainOperation[] {
  let value = 0
  return Array.from({ length: count }, (_, client) => {
    const from = random.nextBelow(moments)
    const kinds = isPlain ? [READ, WRITE] : ALL_KINDS
    const kind = kinds[random.nextBelow(kinds.length)] ?? READ
    const isUnknown = random.nextBelow(6) === 0
    return {
      client,
      from,
      to: isUnknown ? Number.POSITIVE_INFINITY : from + random.nextBelow(lengthMax + 1),
      kind,
      status: isUnknown ? UNKNOWN : DONE,
      value: kind === READ ? 0 : isPlain ? ++value : 1 + random.nextBelow(3),
      argument: kind === INCREMENT ? random.nextBelow(3) - 1 : 0,
      mortal: !isPlain && kind !== READ && random.nextBelow(4) === 0,
    }
  }).sort((x, y) => x.from - y.from)
}

/** Replies that mean nothing: most such histories are not linearizable. */
export function drawNonsense(random: Random, options: DrawOptions): PlainOperation[] {
  const calls = drawCalls(random, options)
  const valuesEnd = options.isPlain ? Math.max(1, calls.length) : 3
  return calls.map((call) => withRandomReply(random, call, valuesEnd, options))
}

function withRandomReply(
  random: Random,
  call: PlainOperation,
  valuesEnd: number,
  { isPlain, hasVersions }: DrawOptions,
): PlainOperation {
  const version = (): number => (hasVersions && random.nextBelow(2) === 0 ? 1 + random.nextBelow(3) : 0)
  const argument = call.kind === COMPARE_AND_SET ? 1 + random.nextBelow(3) : (call.argument ?? 0)
  const value =
    call.kind === READ || (call.kind === INCREMENT && !isPlain) ? 1 + random.nextBelow(valuesEnd) : call.value
  const canBeUnmet = call.kind !== WRITE && call.kind !== WIPE
  const isUnmet = call.status === DONE && canBeUnmet && random.nextBelow(3) === 0
  const isSilent = call.kind === WIPE || call.kind === DELETE || (isUnmet && call.kind !== ADD)
  const drawn = { ...call, argument, value: value ?? 0, status: isUnmet ? UNMET : call.status }
  return call.status === UNKNOWN || isSilent ? drawn : { ...drawn, version: version() }
}

interface Record {
  value: number
  version: number
  mortal: boolean
}

/** A history that is linearizable by the way it came about. */
export function simulate(random: Random, options: DrawOptions): PlainOperation[] {
  const calls = drawCalls(random, options)
  const points = calls.map((call, index) => {
    const end = call.to === Number.POSITIVE_INFINITY ? options.moments + options.lengthMax : call.to
    return { index, at: call.from + random.nextFloat() * (end - call.from), isNever: random.nextBelow(2) === 0 }
  })
  points.sort((a, b) => a.at - b.at)
  const replies = [...calls]
  let record: Record | undefined
  let version = 100
  for (const { index, isNever } of points) {
    const call = calls[index]
    if (call === undefined || (call.status === UNKNOWN && isNever)) continue
    if (record !== undefined && (record.mortal || options.evicts) && random.nextBelow(4) === 0) record = undefined
    const isCurrent = random.nextBelow(2) === 0
    const argument = call.kind === COMPARE_AND_SET ? (isCurrent ? (record?.version ?? 1) : 1) : (call.argument ?? 0)
    const answered = answer({ ...call, argument }, record, ++version)
    record = answered.record
    const tellsVersion = options.hasVersions && random.nextBelow(3) > 0
    const { reply } = answered
    replies[index] =
      call.status === UNKNOWN ? { ...call, argument } : { ...reply, version: tellsVersion ? (reply.version ?? 0) : 0 }
  }
  return replies
}

/** What a store does. */
function answer(
  call: PlainOperation,
  record: Record | undefined,
  version: number,
): { readonly reply: PlainOperation; readonly record: Record | undefined } {
  const { kind, value = 0, argument = 0, mortal = false } = call
  const unmet = { reply: { ...call, status: UNMET }, record }
  const put = { reply: { ...call, version }, record: { value, version, mortal } }
  switch (kind) {
    case READ:
      return record === undefined ? unmet : { reply: { ...call, value: record.value, version: record.version }, record }
    case WRITE:
      return put
    case WIPE:
      return { reply: call, record: undefined }
    case DELETE:
      return record === undefined ? unmet : { reply: call, record: undefined }
    case ADD:
      return record === undefined ? put : unmet
    case COMPARE_AND_SET:
      return record?.version === argument ? put : unmet
    case INCREMENT: {
      const sum = (record?.value ?? 0) + argument
      const isMortal = mortal || record?.mortal === true
      return { reply: { ...call, value: sum, version }, record: { value: sum, version, mortal: isMortal } }
    }
    default:
      if (record === undefined) return unmet
      return {
        reply: { ...call, version },
        record: { value: record.value, version, mortal: kind === EXPIRE && mortal },
      }
  }
}

/** The history with one reply replaced by another. */
export function mutate(random: Random, operations: readonly PlainOperation[], options: DrawOptions): PlainOperation[] {
  const at = random.nextBelow(operations.length)
  const valuesEnd = options.isPlain ? operations.length : 3
  return operations.map((operation, index) =>
    index === at ? withRandomReply(random, operation, valuesEnd, options) : operation,
  )
}
