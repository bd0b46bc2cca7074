// Measures what the benchmark itself costs a client thread for each operation: drawing it, appending it to a batch with
// its slot, and checking its result. Needs `npm run build`.
//
//   npm run bench:generator -- --processes 5
//
// What the client does between appending and checking (sending, receiving, parsing) is not in it, and neither is the server:
// both belong to what is measured with the benchmark.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { spreadCells, spreadOf } from '../bench-engine/statistics.mjs'
import { countText, printMachine, printTable } from '../bench-engine/table.mjs'

/**
 * Nanoseconds for each operation; the slot is a part of the append, measured once more by itself.
 * @typedef {{ draw: number, append: number, check: number, slot: number }} Costs
 */

/** Each is measured in processes of its own, where it alone is compiled. */
const VARIANTS = [
  { keys: 'decimal', shards: 16 },
  { keys: 'decimal', shards: 1 },
  { keys: 'user', shards: 16 },
  { keys: 'user', shards: 1 },
]

const DEFAULTS = {
  records: '1000000',
  /** Operations of a batch. */
  batch: '1024',
  /** Batches under way together. */
  window: '4',
  /** Times that all batches are drawn, appended and checked in one round. */
  passes: '100',
  rounds: '5',
  /** For each variant, interleaved. */
  processes: '3',
}

const SAMPLE = fileURLToPath(new URL('./sample.mjs', import.meta.url))

const options = Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }]),
)
const settings = Object.fromEntries(
  Object.entries({ ...DEFAULTS, ...parseArgs({ options }).values }).map(([name, text]) => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`)
    return [name, number]
  }),
)

printMachine()
const samples = VARIANTS.map(() => /** @type {Costs[]} */ ([]))
for (let process = 0; process < settings.processes; process++) {
  for (const [index, variant] of VARIANTS.entries()) samples[index]?.push(...(await sample(variant)))
}
print()

/**
 * The rounds of one process.
 * @param {typeof VARIANTS[number]} variant
 * @returns {Promise<Costs[]>}
 */
async function sample(variant) {
  const args = [SAMPLE, JSON.stringify({ ...settings, ...variant })]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

function print() {
  const { records, batch, window, passes, rounds, processes } = settings
  const perRound = countText(batch * window * passes)
  printTable(
    `client ns/op on YCSB-B, ${countText(records)} records, zipf 0.99, values of 128 B, batches of ${batch}: ` +
      `${processes} processes of ${rounds} rounds of ${perRound} operations, median and least to most`,
    ['keys', 'shards', 'draw', '', 'append', '', 'check', '', 'together', '', 'slot alone'],
    VARIANTS.map(({ keys, shards }, index) => {
      const costs = samples[index] ?? []
      const cells = (/** @type {(cost: Costs) => number} */ of) => spreadCells(spreadOf(costs.map(of)), 1)
      return [
        keys,
        String(shards),
        ...cells(({ draw }) => draw),
        ...cells(({ append }) => append),
        ...cells(({ check }) => check),
        ...cells(({ draw, append, check }) => draw + append + check),
        cells(({ slot }) => slot)[0] ?? '',
      ]
    }),
  )
}
