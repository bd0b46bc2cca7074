// What an engine is opened with. Everything that could vary between two runs is here.

import { SluiceError } from '../util/errors.ts'
import { EVICT_ANY, EVICT_EXPIRING, EVICT_NONE } from './assembly/outcomes.ts'
import type { WasmModule } from './web-assembly.ts'

/** Bytes of a bitmap with one bit for each of the 16,384 slots. */
export const SLOT_BITMAP_BYTES = 2048

/** Bytes of a hash secret. */
const SECRET_BYTES = 32

/** Least `memoryBytesMax`: an empty table and some records. */
export const MEMORY_BYTES_MIN = 1024 * 1024
/** Greatest `memoryBytesMax`: what 32-bit addresses leave beside the buffers. */
export const MEMORY_BYTES_MAX = 4000 * 1024 * 1024

/** Reply slabs unless told otherwise: 40 MiB of address space, of which only what is used becomes memory. */
const REPLY_SLABS_DEFAULT = 160
const REPLY_SLABS_MAX = 256

/** Bytes of the buffer of effects: the effect of a largest record fits, many times over. */
const EFFECTS_BYTES = 16 * 1024 * 1024

/** Which records make room for new ones when memory is exhausted: none, any, or those with an expiry. */
const POLICY_CODES = { none: EVICT_NONE, any: EVICT_ANY, expiring: EVICT_EXPIRING } as const

/** The name of a policy. */
export type EvictionPolicy = keyof typeof POLICY_CODES

/** All of them. */
export const EVICTION_POLICIES: readonly EvictionPolicy[] = ['none', 'any', 'expiring']

/** Options of `createEngine`. */
export interface EngineOptions {
  /** Most bytes of index and records together, rounded down to 64 KiB. From 1 MiB to 4000 MiB. */
  readonly memoryBytesMax: number
  /** 32 unpredictable bytes: who knows them can make keys that collide. */
  readonly secret: Uint8Array
  /**
   * The version before the first change. A shard that starts anew must start above every version it gave out before.
   */
  readonly versionStart: bigint
  /** The slots whose records may be created, one bit each. Default: all. */
  readonly ownedSlots?: Uint8Array
  /** Reply slabs of 256 KiB. Default 160; at most 256. */
  readonly replySlabsMax?: number
  /** What happens when memory is exhausted. Default `none`: writes that need memory are refused. */
  readonly eviction?: EvictionPolicy
  /** Whether changes are emitted as effects. Default false: they cost nothing then. */
  readonly effects?: boolean
  /** Whether a repeated result may be a reference to the earlier one. Default true. */
  readonly repeats?: boolean
  /** The compiled engine. Default: the release build. */
  readonly module?: WasmModule
}

/** Options with every default filled in. */
export interface ValidEngineOptions {
  readonly memoryBytesMax: number
  readonly secret: Uint8Array
  readonly versionStart: bigint
  readonly ownedSlots: Uint8Array
  readonly replySlabsMax: number
  /** One of EVICT_*. */
  readonly policy: number
  /** Bytes of the buffer of effects; 0 when they are not wanted. */
  readonly effectsBytesMax: number
  readonly repeats: boolean
  readonly module: WasmModule | undefined
}

/** Checks every option and fills in the defaults. Throws SluiceError INVALID_ARGUMENT. */
export function validateEngineOptions(options: EngineOptions): ValidEngineOptions {
  const { memoryBytesMax, secret, versionStart, replySlabsMax = REPLY_SLABS_DEFAULT, repeats = true, module } = options
  const { eviction = 'none', effects = false } = options
  const ownedSlots = options.ownedSlots ?? new Uint8Array(SLOT_BITMAP_BYTES).fill(0xff)
  requireInteger('memoryBytesMax', memoryBytesMax, MEMORY_BYTES_MIN, MEMORY_BYTES_MAX)
  requireInteger('replySlabsMax', replySlabsMax, 1, REPLY_SLABS_MAX)
  if (secret.length !== SECRET_BYTES) throw invalid(`secret must have ${SECRET_BYTES} bytes`)
  if (ownedSlots.length !== SLOT_BITMAP_BYTES) throw invalid(`ownedSlots must have ${SLOT_BITMAP_BYTES} bytes`)
  if (versionStart < 0n || versionStart >= 2n ** 63n) throw invalid('versionStart must be from 0 to 2^63 - 1')
  if (!EVICTION_POLICIES.includes(eviction)) {
    throw invalid(`eviction must be ${EVICTION_POLICIES.join(', ')}, not ${eviction}`)
  }
  const policy = POLICY_CODES[eviction]
  const effectsBytesMax = effects ? EFFECTS_BYTES : 0
  return { memoryBytesMax, secret, versionStart, ownedSlots, replySlabsMax, policy, effectsBytesMax, repeats, module }
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
  }
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
