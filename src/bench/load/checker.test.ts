import { describe, expect, it } from 'vitest'
import { STATUS_MISSING, STATUS_NO_MEMORY, STATUS_OK, STATUS_VALUE } from '../../protocol/codes.ts'
import { ValueTable } from '../workload/values.ts'
import { KIND_READ, type OperationBlock } from '../workload/workload.ts'
import { addTally, type CheckedResults, checkResults, createTally, FULL_COMPARE_EVERY } from './checker.ts'

const SIZE = 32
const values = new ValueTable(SIZE)

interface Reply {
  status: number
  bytes: Uint8Array
}

/** A block that reads the ranks, or writes the negative ones. */
function blockOf(ranks: readonly number[]): OperationBlock {
  return {
    count: ranks.length,
    keys: new Uint8Array(0),
    ranks: Uint32Array.from(ranks, Math.abs),
    kinds: Uint8Array.from(ranks, (rank) => (rank < 0 ? 1 : KIND_READ)),
    keyLengths: new Uint8Array(0),
  }
}

function rightReplies(block: OperationBlock): Reply[] {
  return Array.from(block.ranks, (rank, index) => {
    const isRead = block.kinds[index] === KIND_READ
    return isRead
      ? { status: STATUS_VALUE, bytes: values.value(rank).slice() }
      : { status: STATUS_OK, bytes: new Uint8Array(0) }
  })
}

function resultsOf(replies: readonly Reply[]): CheckedResults {
  const at = (index: number): Reply => replies[index] ?? { status: 0xff, bytes: new Uint8Array(0) }
  return {
    status: (index) => at(index).status,
    // Not at the start of its source, as in a real reply.
    source: (index) => Uint8Array.of(9, 9, 9, ...at(index).bytes, 9),
    valueStart: () => 3,
    valueBytes: (index) => at(index).bytes.length,
  }
}

function check(block: OperationBlock, replies: readonly Reply[]): ReturnType<typeof createTally> {
  const tally = createTally()
  checkResults(resultsOf(replies), block, values, tally)
  return tally
}

describe('replies', () => {
  it('that are right are counted', () => {
    const block = blockOf([0, 1, -2, 3, -3])
    expect(check(block, rightReplies(block))).toEqual({
      checked: 5,
      reads: 3,
      hits: 3,
      mismatches: 0,
      explanations: [],
    })
  })

  const broken: Record<string, { change: (replies: Reply[]) => void; explanation: string; hits: number }> = {
    'of no record': {
      change: ([reply]) => reply && Object.assign(reply, { status: STATUS_MISSING, bytes: new Uint8Array(0) }),
      explanation: 'get of key 10: status missing instead of value',
      hits: 1,
    },
    "with another key's value": {
      change: ([reply, other]) => reply && Object.assign(reply, { bytes: other?.bytes }),
      explanation: "get of key 10: the value is not this key's, byte 0 of 32 is the first that differs",
      hits: 2,
    },
    'with a torn value': {
      change: ([reply]) => reply?.bytes.set(values.value(20).subarray(16), 16),
      explanation: "get of key 10: the value is not this key's, byte 16 of 32 is the first that differs",
      hits: 2,
    },
    'with a value of another length': {
      change: ([reply]) => reply && Object.assign(reply, { bytes: reply.bytes.subarray(0, 31) }),
      explanation: 'get of key 10: a value of 31 bytes instead of 32',
      hits: 2,
    },
    'to a write that had no memory': {
      change: ([, , reply]) => reply && Object.assign(reply, { status: STATUS_NO_MEMORY }),
      explanation: 'set of key 12: status no-memory instead of ok',
      hits: 2,
    },
    'of an unknown status': {
      change: ([reply]) => reply && Object.assign(reply, { status: 99 }),
      explanation: 'get of key 10: status 99 instead of value',
      hits: 1,
    },
  }

  it.each(Object.entries(broken))('%s are mismatches', (_, { change, explanation, hits }) => {
    const block = blockOf([10, 11, -12])
    const replies = rightReplies(block)
    change(replies)
    expect(check(block, replies)).toEqual({ checked: 3, reads: 2, hits, mismatches: 1, explanations: [explanation] })
  })

  it('are compared byte by byte for a sample, also in batches of one', () => {
    const block = blockOf([5])
    const [reply] = rightReplies(block)
    // Between the stamps.
    reply?.bytes.set([1, 2, 3], 10)
    const tally = createTally()
    for (let batch = 0; batch < FULL_COMPARE_EVERY; batch++)
      checkResults(resultsOf(reply ? [reply] : []), block, values, tally)
    expect(tally.mismatches).toBe(1)
  })

  it('are explained five times at most', () => {
    const block = blockOf(Array.from({ length: 20 }, (_, rank) => rank))
    const replies = rightReplies(block).map(() => ({ status: STATUS_MISSING, bytes: new Uint8Array(0) }))
    const tally = check(block, replies)
    expect([tally.mismatches, tally.explanations.length]).toEqual([20, 5])
    addTally(tally, tally)
    expect([tally.mismatches, tally.explanations.length]).toEqual([40, 5])
  })
})
