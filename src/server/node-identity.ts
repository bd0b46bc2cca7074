// What is new with every start of a node: who it is in this life, and the secrets and numbers of its engines.

import { readU64 } from '../util/bytes.ts'
import { systemRandomBytes } from '../util/random.ts'

/** Bytes of an engine's hash secret. */
const SECRET_BYTES = 32

/** Bits of a version below the milliseconds of its engine's start: room for so many changes a millisecond. */
const VERSION_BITS = 20n

/** One life of a node's memory. */
export interface NodeIdentity {
  /** 64 random bits: tells this life from every other. */
  readonly incarnation: bigint
  /** The engines' hash secret. */
  readonly secret: Uint8Array
}

/**
 * Where versions begin that are given out from `nowMs` on: above every version that was given out before, here or by
 * another engine, as long as none changed more than 2^20 records a millisecond.
 */
export function firstVersion(nowMs: number): bigint {
  return BigInt(nowMs) << VERSION_BITS
}

/** A new life. */
export function newNodeIdentity(): NodeIdentity {
  return {
    incarnation: readU64(systemRandomBytes(8), 0),
    secret: systemRandomBytes(SECRET_BYTES),
  }
}
