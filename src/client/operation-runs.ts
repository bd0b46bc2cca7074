// The unanswered operations of a section one by one, an atomic group as one. Allocates: for what is rare.

import { OP_ATOMIC } from '../protocol/codes.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'
import type { Section } from './section.ts'

/** An operation, or a group that must not be taken apart. */
export interface Run {
  /** Position of the first operation among the unanswered ones, and how many they are. */
  readonly first: number
  readonly count: number
  /** Whether it may change anything; a group counts as a write. */
  readonly isWrite: boolean
  /** Where the operations lie in the section's bytes. */
  readonly start: number
  readonly end: number
  /** Their keys; none for an operation on a whole shard. */
  readonly keys: readonly Uint8Array[]
}

/** Walks the section. */
export function* runsOf(section: Section): Generator<Run, void, undefined> {
  let start = section.start
  for (let first = 0; first < section.operationCount; ) {
    const head = decodeOperation(section.bytes, start, section.end)
    const keys = head.row.hasKey ? [head.key] : []
    let { end } = head
    let count = 1
    if (head.row.code === OP_ATOMIC) {
      for (; count <= (head.count ?? 0); count++) {
        const member = decodeOperation(section.bytes, end, section.end)
        keys.push(member.key)
        end = member.end
      }
    }
    yield { first, count, isWrite: head.row.isWrite, start, end, keys }
    first += count
    start = end
  }
}
