// Ranks by their distribution, from fractions in [0, 1). One distribution is set, after which a block's ranks are made
// in one or two passes over it.
//
//   uniform         every record of the load alike
//   zipf            rank 0 most often, then rank 1, and so on
//   scrambled zipf  the same, each rank put elsewhere by a hash, as YCSB does. YCSB draws from a fixed, far larger
//                   number of ranks; here they are as many as the records, so the shares are those of Zipf over these.
//                   The hash is no bijection: of two ranks that meet, the record gets both shares, and
//                   about a third of the records is never asked for
//   latest          the newest record most often, then the one before. Client c of n knows the records of the load and
//                   those that it inserted itself in blocks drawn before this one, which the server has when they are
//                   asked for; the ranks are records + c, records + n + c, and so on. Zipf's law grows by every record
//   hotspot         the first records get their share of the operations, the others the rest, evenly inside each part

import { fnvHash64 } from './fnv.ts'
import { growZipf, setZipfParameters, zipfRanksOf } from './zipf.ts'

const UNIFORM: u32 = 0
const ZIPF: u32 = 1
const SCRAMBLED_ZIPF: u32 = 2
const LATEST: u32 = 3
const HOTSPOT: u32 = 4

let distribution: u32 = UNIFORM
/** Records that were there at the start. */
let records: u32 = 1

// Latest: ranks of this client's own records are records + client + i * clientCount.
let client: u32 = 0
let clientCount: u32 = 1
let known: u32 = 0

// Hotspot: fractions below the bound fall on the first records, the others on those behind.
let hotRecords: f64 = 0
let hotBound: f64 = 0
let hotScale: f64 = 0
let coldScale: f64 = 0

/** Every record alike. */
export function setUniform(recordCount: u32): void {
  distribution = UNIFORM
  records = recordCount
}

/** Rank 0 is the most frequent one. `../zipf.ts` explains the parameters. */
export function setZipf(recordCount: u32, zeta: f64, secondBound: f64, eta: f64, alpha: f64, theta: f64): void {
  distribution = ZIPF
  records = recordCount
  setZipfParameters(<f64>recordCount, zeta, secondBound, eta, alpha, theta)
}

/** After `setZipf`: the ranks are scattered by YCSB's hash. */
export function setScrambledZipf(): void {
  distribution = SCRAMBLED_ZIPF
}

/** After `setZipf`: the ranks count back from this client's newest record. */
export function setLatest(clientNumber: u32, clients: u32): void {
  distribution = LATEST
  client = clientNumber
  clientCount = clients
}

/** Fractions below `bound` times `scaleBelow` are hot ranks; the rest of the others times `scaleAbove` cold ones. */
export function setHotspot(recordCount: u32, hot: u32, bound: f64, scaleBelow: f64, scaleAbove: f64): void {
  distribution = HOTSPOT
  records = recordCount
  hotRecords = <f64>hot
  hotBound = bound
  hotScale = scaleBelow
  coldScale = scaleAbove
}

/** Ranks from as many fractions. */
export function rankFractions(fractions: usize, ranks: usize, count: u32): void {
  if (distribution == UNIFORM) return uniform(fractions, ranks, count)
  if (distribution == HOTSPOT) return hotspot(fractions, ranks, count)
  zipf(fractions, ranks, count)
  if (distribution == SCRAMBLED_ZIPF) scramble(ranks, count)
  else if (distribution == LATEST) countBack(ranks, count)
}

/** So many more own records are known. */
export function learnLatest(count: u32): void {
  if (distribution != LATEST) return
  known += count
  growZipf(count)
}

function uniform(fractions: usize, ranks: usize, count: u32): void {
  const all = <f64>records
  for (let index: u32 = 0; index < count; index++) {
    // The largest fraction is 2^-53 below 1, so that no product rounds up to the number of records.
    store<u32>(ranks + (index << 2), <u32>(load<f64>(fractions + (index << 3)) * all))
  }
}

function hotspot(fractions: usize, ranks: usize, count: u32): void {
  const last = <f64>records - 1
  for (let index: u32 = 0; index < count; index++) {
    const drawn = load<f64>(fractions + (index << 3))
    const hot = min(drawn * hotScale, hotRecords - 1)
    const cold = min(hotRecords + (drawn - hotBound) * coldScale, last)
    store<u32>(ranks + (index << 2), <u32>select(hot, cold, drawn < hotBound))
  }
}

function zipf(fractions: usize, ranks: usize, count: u32): void {
  const even = count & ~1
  for (let index: u32 = 0; index < even; index += 2) {
    v128.store64_lane(ranks + (index << 2), zipfRanksOf(v128.load(fractions + (index << 3))), 0)
  }
  if (even < count) v128.store32_lane(ranks + (even << 2), zipfRanksOf(v128.load64_splat(fractions + (even << 3))), 0)
}

function scramble(ranks: usize, count: u32): void {
  const all = <u64>records
  for (let index: u32 = 0; index < count; index++) {
    const at = ranks + (index << 2)
    store<u32>(at, <u32>(fnvHash64(load<u32>(at)) % all))
  }
}

/** From 0 for the newest record: the client's own from the last one back, then those of the load likewise. */
function countBack(ranks: usize, count: u32): void {
  const newest = records + client + (known - 1) * clientCount
  const lastLoaded = records - 1 + known
  for (let index: u32 = 0; index < count; index++) {
    const at = ranks + (index << 2)
    const age = load<u32>(at)
    store<u32>(at, select(newest - age * clientCount, lastLoaded - age, age < known))
  }
}
