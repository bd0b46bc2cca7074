// Measures the engine alone, in process. Needs `npm run build`.
//
//   npm run bench:engine                                     lists the figures and their options
//   npm run bench:engine -- <figure> [--option N ...]        measures one
//
// A figure is a module with a summary, its options' defaults and `run`. Each one checks that the work it timed was
// done, and throws otherwise. Sizes are options, so the test suite runs every figure in a second.

import { parseArgs } from 'node:util'
import * as embedded from './embedded.mjs'
import * as eviction from './eviction.mjs'
import * as fragmentation from './fragmentation.mjs'
import * as growth from './growth.mjs'
import * as memory from './memory.mjs'
import * as repeats from './repeats.mjs'
import { printMachine } from './table.mjs'
import * as throughput from './throughput.mjs'

/**
 * @typedef {Record<string, number | string>} Options
 * @typedef {{ SUMMARY: string, DEFAULTS: Options, run: (options: Options) => void | Promise<void> }} Figure
 */

/** @type {Record<string, Figure>} */
const FIGURES = { throughput, repeats, memory, growth, fragmentation, eviction, embedded }

/** What the caller typed makes no sense; the message says why. */
class UsageError extends Error {}

const [name, ...args] = process.argv.slice(2)
if (name === undefined) list()
else {
  await measure(name, args).catch((/** @type {unknown} */ error) => {
    console.error(error instanceof UsageError ? error.message : error)
    process.exitCode = 1
  })
}

function list() {
  console.log('npm run bench:engine -- <figure> [--option N ...]')
  for (const [figureName, { SUMMARY, DEFAULTS }] of Object.entries(FIGURES)) {
    const options = Object.entries(DEFAULTS).map(([option, value]) => `--${kebab(option)} ${value}`)
    console.log(`\n${figureName}: ${SUMMARY}\n  ${options.join(' ')}`)
  }
}

/**
 * @param {string} figureName
 * @param {string[]} words
 */
async function measure(figureName, words) {
  const figure = FIGURES[figureName]
  if (figure === undefined)
    throw new UsageError(`no figure ${figureName}; there are ${Object.keys(FIGURES).join(', ')}`)
  const options = parseOptions(figure.DEFAULTS, words)
  printMachine()
  await figure.run(options)
}

/**
 * The defaults with what was typed put over them. An option whose default is a number takes numbers.
 * @param {Options} defaults
 * @param {string[]} words
 * @returns {Options}
 */
function parseOptions(defaults, words) {
  const names = Object.keys(defaults)
  const known = Object.fromEntries(names.map((option) => [kebab(option), { type: /** @type {const} */ ('string') }]))
  const { values } = readWords(words, known)
  return Object.fromEntries(
    names.map((option) => {
      const standard = defaults[option] ?? ''
      const text = values[kebab(option)]
      if (typeof text !== 'string' || typeof standard === 'string') return [option, text ?? standard]
      const number = Number(text)
      if (text === '' || !(number >= 0)) throw new UsageError(`--${kebab(option)} takes a number from 0, not ${text}`)
      return [option, number]
    }),
  )
}

/**
 * @param {string[]} args
 * @param {Record<string, { type: 'string' }>} options
 */
function readWords(args, options) {
  try {
    return parseArgs({ args, options })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @param {string} option */
function kebab(option) {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
