// Operations on their way into frames: each is encoded into the section of its shard as it is appended, so that
// sending a batch only adds headers. The public `Batch` and the automatic batches of promise calls both build here.
//
// A section that reached the size of a good frame is full: it is set aside, and the shard's next operation opens
// another one. A full section gets a frame of its own, so the order per shard follows from the order of the frames.
//
// The map from positions in sections to operations is not kept while appending. One column remembers each operation's
// shard, and a counting sort at the end deals the operation indexes out to the sections: 2 ns an operation, and
// nothing at all when there is one shard.

import { OP_ATOMIC } from '../protocol/codes.ts'
import { FRAME_BYTES_TARGET } from '../protocol/limits.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import { assert } from '../util/assert.ts'
import type { BatchResults } from './batch-results.ts'
import type { Columns } from './columns.ts'
import type { FrameTerms } from './frame-terms.ts'
import { OutgoingFrame } from './outgoing-frame.ts'
import { PendingBatch } from './pending-batch.ts'
import type { Pools } from './pools.ts'
import type { Routing } from './routing.ts'
import { Section } from './section.ts'

/** A frame and the lane that it is for, a number of the builder's routing. */
export interface RoutedFrame {
  readonly lane: number
  readonly frame: OutgoingFrame
}

interface OpenSection {
  readonly shard: number
  readonly writer: SectionWriter
}

/** A batch under construction. Shards are given as indexes in the routing's topology. */
export class BatchBuilder {
  readonly routing: Routing
  readonly #pools: Pools
  readonly #frameOpsMax: number
  readonly #writers: (SectionWriter | undefined)[]
  readonly #full: OpenSection[] = []
  #columns: Columns
  #operationCount = 0
  #bytes = 0

  constructor(routing: Routing, frameOpsMax: number, pools: Pools) {
    this.routing = routing
    this.#pools = pools
    this.#frameOpsMax = frameOpsMax
    this.#writers = new Array(routing.laneOfShard.length).fill(undefined)
    this.#columns = pools.columns.take(0)
  }

  /** Operations appended. */
  get operationCount(): number {
    return this.#operationCount
  }

  /** Bytes of the frames that `finish` makes of it, at most. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether at least one frame of good size is ready. */
  get hasFullFrame(): boolean {
    return this.#full.length > 0
  }

  /** Appends an operation that has a key alone; returns its index. Throws KEY_TOO_LARGE, and then appends nothing. */
  append(operation: number, shard: number, key: string | Uint8Array): number {
    const writer = this.#writers[shard] ?? this.#open(shard)
    const start = writer.end
    if (typeof key === 'string') writer.appendString(operation, key)
    else writer.appendBytes(operation, key, 0, key.length)
    return this.#appended(shard, writer, start)
  }

  /** As `append`, for a key that is part of a larger array. */
  appendBytes(operation: number, shard: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const writer = this.#writers[shard] ?? this.#open(shard)
    const start = writer.end
    writer.appendBytes(operation, key, keyStart, keyEnd)
    return this.#appended(shard, writer, start)
  }

  /** Appends a set; returns its index. Throws KEY_TOO_LARGE or VALUE_TOO_LARGE, and then appends nothing. */
  appendSet(operation: number, shard: number, key: string | Uint8Array, value: string | Uint8Array): number {
    const writer = this.#writers[shard] ?? this.#open(shard)
    const start = writer.end
    writer.appendSet(operation, key, value)
    return this.#appended(shard, writer, start)
  }

  /** As `appendSet`, for a key and a value that are parts of larger arrays. */
  appendSetBytes(
    operation: number,
    shard: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): number {
    const writer = this.#writers[shard] ?? this.#open(shard)
    const start = writer.end
    writer.appendSetBytes(operation, key, keyStart, keyEnd, value, valueStart, valueEnd)
    return this.#appended(shard, writer, start)
  }

  /** Appends any operation, with options and arguments; returns its index. Throws as `SectionWriter.appendOperation`. */
  appendOperation(code: number, shard: number, fields: OperationFields): number {
    const writer = this.#writers[shard] ?? this.#open(shard)
    const start = writer.end
    writer.appendOperation(code, fields)
    return this.#appended(shard, writer, start)
  }

  /**
   * Appends an atomic group, all of it into one section, to a batch that is empty so far; operation i of the group has
   * index i + 1. `members` holds the operations, each of which ends where `ends` says.
   */
  appendGroup(shard: number, members: Uint8Array, ends: readonly number[]): void {
    assert(this.#operationCount === 0, 'a group is a batch of its own')
    const writer = this.#open(shard)
    writer.appendOperation(OP_ATOMIC, { count: ends.length })
    let start = OPERATIONS_START
    for (const end of ends) {
      writer.appendEncoded(members, start, end)
      start = end
    }
    while (this.#columns.capacity <= ends.length) this.#columns = this.#pools.columns.grow(this.#columns)
    this.#columns.shards.fill(shard, 0, ends.length + 1)
    this.#operationCount = ends.length + 1
    this.#bytes += writer.end - OPERATIONS_START
  }

  /**
   * Ends the batch and returns its frames in sending order, which go under the terms given. `settled` is called once, when every operation has a
   * status; for a batch without operations that is at once.
   */
  finish(terms: FrameTerms, settled: (results: BatchResults) => void): RoutedFrame[] {
    const batch = new PendingBatch(this.#columns, this.#operationCount, this.#pools, settled)
    const fullCount = this.#full.length
    const open = [...this.#full, ...this.#takeLastSections()]
    if (open.length === 0) {
      batch.settleEmpty()
      return []
    }
    batch.addSections(open.length)
    const sections = toSections(batch, this.routing, open)
    const frames: RoutedFrame[] = []
    const filling = new Map<number, OutgoingFrame>()
    for (const [index, section] of sections.entries()) {
      const lane = this.routing.laneOfShard[open[index]?.shard ?? 0] as number
      let frame = index < fullCount ? undefined : filling.get(lane)
      if (frame === undefined || !frame.hasRoomFor(section, this.#frameOpsMax)) {
        frame = new OutgoingFrame(terms)
        frames.push({ lane, frame })
        if (index >= fullCount) filling.set(lane, frame)
      }
      frame.add(section)
    }
    return frames
  }

  #open(shard: number): SectionWriter {
    assert(shard < this.#writers.length, 'an operation is for a shard of the routing')
    const writer = this.#pools.takeWriter()
    this.#writers[shard] = writer
    this.#bytes += OPERATIONS_START
    return writer
  }

  #appended(shard: number, writer: SectionWriter, start: number): number {
    const index = this.#operationCount
    this.#bytes += writer.end - start
    if (index === this.#columns.capacity) this.#columns = this.#pools.columns.grow(this.#columns)
    this.#columns.shards[index] = shard
    this.#operationCount = index + 1
    if (writer.end >= FRAME_BYTES_TARGET || writer.operationCount >= this.#frameOpsMax) {
      this.#full.push({ shard, writer })
      this.#writers[shard] = undefined
    }
    return index
  }

  /** The sections that are not full, by shard. A writer can be empty: its only append may have thrown. */
  #takeLastSections(): OpenSection[] {
    const open: OpenSection[] = []
    for (const [shard, writer] of this.#writers.entries()) {
      if (writer === undefined) continue
      if (writer.operationCount > 0) open.push({ shard, writer })
      else this.#pools.giveWriter(writer)
    }
    this.#writers.fill(undefined)
    return open
  }
}

/** The sections of a batch, each with the indexes of its operations. */
function toSections(batch: PendingBatch, routing: Routing, open: readonly OpenSection[]): Section[] {
  const { columns, operationCount } = batch
  const isOneShard = open.every(({ shard }) => shard === open[0]?.shard)
  const nextOfShard = isOneShard ? undefined : dealIndexes(columns, operationCount, routing.laneOfShard.length)
  let firstIndex = 0
  return open.map(({ shard, writer }) => {
    let indexes: Uint32Array | undefined
    if (nextOfShard !== undefined) {
      const first = nextOfShard[shard] as number
      nextOfShard[shard] = first + writer.operationCount
      indexes = columns.indexes.subarray(first, first + writer.operationCount)
    }
    const row = routing.topology.shards[shard]
    assert(row !== undefined, 'an operation is for a shard of the routing')
    const section = new Section(batch, {
      shard: row.id,
      view: row.view,
      bytes: writer.buffer,
      start: OPERATIONS_START,
      end: writer.end,
      operationCount: writer.operationCount,
      indexes,
      firstIndex: indexes === undefined ? firstIndex : 0,
      writer,
    })
    firstIndex += writer.operationCount
    return section
  })
}

// Hot: a counting sort of all operation indexes by shard into `columns.indexes`. Returns where each shard's begin.
function dealIndexes(columns: Columns, operationCount: number, shardCount: number): Uint32Array {
  const { shards, indexes } = columns
  const starts = new Uint32Array(shardCount)
  for (let index = 0; index < operationCount; index++) {
    const shard = shards[index] as number
    starts[shard] = (starts[shard] as number) + 1
  }
  let start = 0
  for (let shard = 0; shard < shardCount; shard++) {
    const count = starts[shard] as number
    starts[shard] = start
    start += count
  }
  const next = starts.slice()
  for (let index = 0; index < operationCount; index++) {
    const shard = shards[index] as number
    const position = next[shard] as number
    indexes[position] = index
    next[shard] = position + 1
  }
  return starts
}
