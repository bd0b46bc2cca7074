// What a figure prints: the machine, and tables whose columns line up.

import { readEnvironment } from '../../dist/bench/run/environment.js'

/** Prints what a figure depends on besides the code. */
export function printMachine() {
  const { cpuModel, cores, memoryBytes, operatingSystem, nodeVersion, commit } = readEnvironment()
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`
  console.log([cpuModel, `${cores} cores`, memory, operatingSystem, `Node ${nodeVersion}`, commit].join(', '))
}

/**
 * Prints a title and rows under their headings; columns of numbers are aligned to the right.
 * @param {string} title
 * @param {string[]} headings
 * @param {string[][]} rows
 */
export function printTable(title, headings, rows) {
  const columns = headings.map((heading, column) => {
    const cells = rows.map((row) => row[column] ?? '')
    const width = Math.max(heading.length, ...cells.map((cell) => cell.length))
    return { width, isNumeric: cells.every((cell) => /^(-?\d[\d.]*[kM]?( .*|%)?|-|)$/.test(cell)) }
  })
  console.log(`\n${title}\n`)
  for (const row of [headings, ...rows]) {
    const cells = columns.map(({ width, isNumeric }, column) => {
      const cell = row[column] ?? ''
      return isNumeric ? cell.padStart(width) : cell.padEnd(width)
    })
    console.log(`  ${cells.join('  ')}`.trimEnd())
  }
}

/**
 * A count as people write it: 500000 is 0.5M.
 * @param {number} value
 */
export function countText(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(2))}M`
  return value >= 1e4 ? `${Number((value / 1e3).toFixed(1))}k` : String(value)
}

/**
 * Bytes in MiB.
 * @param {number} bytes
 */
export function mebibytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1)
}
