// Measures the engine alone, in process: whole frames of YCSB-B operations, CPU time per operation. Needs `npm run build`.
//
//   npm run bench:engine -- [records] [theta] [rounds]      1000000 0.99 9 unless given
//
// Every result is counted, and the reads' hits are compared with the number of reads, so that no work goes missing.

import { ValueTable } from '../dist/bench/values.js'
import { KEY_STRIDE_BYTES, KIND_READ, OperationSource } from '../dist/bench/workload.js'
import { zipfParameters } from '../dist/bench/zipf.js'
import { createEngine, EXECUTED, SLAB_FULL } from '../dist/engine/index.js'
import { OP_GET, OP_SET, OPERATIONS_START, SectionWriter } from '../dist/protocol/index.js'

const [records = 1_000_000, theta = 0.99, rounds = 9] = process.argv.slice(2).map(Number)
const FRAME_OPERATIONS = 8_192
const FRAME_COUNT = 100
const VALUE_BYTES = 128
const MEMORY_BYTES_MAX = 3072 * 1024 * 1024

const values = new ValueTable(VALUE_BYTES)
const source = new OperationSource({
  zipf: zipfParameters(records, theta),
  readShare: 0.95,
  seed: 1,
  client: 0,
  blockCapacity: FRAME_OPERATIONS,
  blockCount: 1,
})
const block = source.blocks[0]
const engine = createEngine({ memoryBytesMax: MEMORY_BYTES_MAX, secret: new Uint8Array(32).fill(7), versionStart: 0n })

for (let first = 0; first < records; first += block.count) {
  source.enumerate(block, first, records)
  execute(encode())
}
const frames = Array.from({ length: FRAME_COUNT }, () => {
  source.draw(block, FRAME_OPERATIONS)
  return encode()
})

const costs = Array.from({ length: rounds }, () => {
  const before = process.cpuUsage()
  for (const frame of frames) execute(frame)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / (FRAME_COUNT * FRAME_OPERATIONS)
}).sort((left, right) => left - right)

const stats = engine.stats()
if (stats.hits !== stats.gets || stats.records !== records) throw new Error('a record is missing')
const [least, median, most] = [costs[0], costs[costs.length >> 1], costs[costs.length - 1]]
const overhead = (stats.heapBytes - stats.keyBytes - stats.valueBytes) / records
console.log(
  `${median.toFixed(1)} ns of CPU per operation (${least.toFixed(1)} to ${most.toFixed(1)}, ${rounds} rounds)`,
)
console.log(`${overhead.toFixed(1)} bytes per record beyond key and value, ${records} records`)

/** The block as the operations of one section. */
function encode() {
  const writer = new SectionWriter()
  for (let index = 0; index < block.count; index++) {
    const end = (index + 1) * KEY_STRIDE_BYTES
    const start = end - block.keyLengths[index]
    if (block.kinds[index] === KIND_READ) writer.appendBytes(OP_GET, block.keys, start, end)
    else writer.appendSetBytes(OP_SET, block.keys, start, end, values.value(block.ranks[index]), 0, VALUE_BYTES)
  }
  return { bytes: writer.buffer.subarray(OPERATIONS_START, writer.end), count: writer.operationCount }
}

/** Executes a section as one frame, its results in as many slabs as it takes. */
function execute({ bytes, count }) {
  engine.begin()
  if (engine.stage(bytes, count) !== 0) throw new Error('the section was refused')
  let slab = 0
  let outcome = engine.execute(count, 0, slab, 0)
  while (outcome === SLAB_FULL) outcome = engine.resume(++slab, 0)
  if (outcome !== EXECUTED || engine.resultCount !== count) throw new Error('the section was not executed to its end')
}
