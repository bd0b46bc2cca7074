// What is new with every start of a node: who it is in this life, and the secrets and numbers of its engines.

import { readU64 } from '../util/bytes.ts'
import { systemRandomBytes } from '../util/random.ts'

/** Bytes of an engine's hash secret. */
const SECRET_BYTES = 32

/** One life of a node's memory. */
export interface NodeIdentity {
  /** 64 random bits: tells this life from every other. */
  readonly incarnation: bigint
  /** The engines' hash secret. */
  readonly secret: Uint8Array
  /** Above every version that an earlier life gave out, as long as it changed fewer than 2^20 records a millisecond. */
  readonly versionStart: bigint
}

/** A new life that starts at `nowMs`. */
export function newNodeIdentity(nowMs: number): NodeIdentity {
  return {
    incarnation: readU64(systemRandomBytes(8), 0),
    secret: systemRandomBytes(SECRET_BYTES),
    versionStart: BigInt(nowMs) << 20n,
  }
}
