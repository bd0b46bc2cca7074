// The answers of an admin listener as text for a person.

import { z } from 'zod'
import { SluiceError } from '../util/errors.ts'

/** Keys that are shown of all threads. */
const HOT_KEYS_SHOWN_MAX = 20

const number = z.number()

const ShardShape = z.object({
  shard: number,
  operations: number,
  gets: number,
  hits: number,
  sets: number,
  deletes: number,
  others: number,
  records: number,
  keyBytes: number,
  valueBytes: number,
  heapBytes: number,
  expired: number,
  evicted: number,
})

const ThreadShape = z.object({
  thread: number,
  operations: number,
  frames: number,
  bytesIn: number,
  bytesOut: number,
  connections: number,
  waitingForSlabs: number,
  waitingForLargeFrames: number,
  threadCpuNs: number,
  eventLoopDelay: z.nullable(z.object({ p99Ms: number, maxMs: number })),
  shardStats: z.array(ShardShape),
  hotKeys: z.array(z.object({ key: z.string(), encoding: z.string(), keyBytes: number, share: number })),
})

const StatsShape = z.object({
  node: z.string(),
  version: z.string(),
  uptimeMs: number,
  topologyNumber: number,
  threads: z.array(ThreadShape),
})

const ReadyShape = z.object({ isReady: z.boolean(), reasons: z.array(z.string()) })

const TopologyShape = z.object({
  number,
  nodes: z.array(z.object({ id: z.string(), host: z.string(), ports: z.array(number) })),
  shards: z.array(z.object({ node: z.string() })),
})

type Thread = z.infer<typeof ThreadShape>

/** An answer's JSON as text. Throws PROTOCOL when it is not the answer to the question. */
export function reportOf(question: 'stats' | 'health' | 'ready' | 'topology' | 'reload', text: string): string {
  switch (question) {
    case 'stats':
      return statsReport(parsed(StatsShape, text))
    case 'health':
      return 'all threads answer'
    case 'ready':
      return readyReport(parsed(ReadyShape, text))
    default:
      return topologyReport(parsed(TopologyShape, text))
  }
}

function parsed<Shape extends z.ZodType>(shape: Shape, text: string): z.infer<Shape> {
  try {
    return shape.parse(JSON.parse(text))
  } catch (cause) {
    throw new SluiceError('PROTOCOL', 'what answered is no admin listener of this version', { cause })
  }
}

function readyReport({ isReady, reasons }: z.infer<typeof ReadyShape>): string {
  return isReady ? 'ready' : ['not ready', ...reasons.map((reason) => `  ${printable(reason)}`)].join('\n')
}

function topologyReport({ number, nodes, shards }: z.infer<typeof TopologyShape>): string {
  const rows = nodes.map(({ id, host, ports }) => [
    printable(id),
    printable(host),
    ports.join(' '),
    String(shards.filter(({ node }) => node === id).length),
  ])
  return [`topology ${number}`, ...table(['node', 'host', 'ports', 'shards'], rows, 3)].join('\n')
}

function statsReport({ node, version, uptimeMs, topologyNumber, threads }: z.infer<typeof StatsShape>): string {
  const title = `node ${printable(node)}, version ${printable(version)}, up ${Math.floor(uptimeMs / 1_000)} s, topology ${topologyNumber}`
  return [title, '', ...threadTable(threads), '', ...shardTable(threads), '', ...keyTable(threads)].join('\n')
}

function threadTable(threads: readonly Thread[]): string[] {
  const heads = [
    'thread',
    'operations',
    'frames',
    'in',
    'out',
    'connections',
    'waiting',
    'CPU',
    'delay p99',
    'delay max',
  ]
  const rows = threads.map((thread) => [
    String(thread.thread),
    grouped(thread.operations),
    grouped(thread.frames),
    bytesText(thread.bytesIn),
    bytesText(thread.bytesOut),
    grouped(thread.connections),
    grouped(thread.waitingForSlabs + thread.waitingForLargeFrames),
    `${(thread.threadCpuNs / 1e9).toFixed(1)} s`,
    delayText(thread.eventLoopDelay?.p99Ms),
    delayText(thread.eventLoopDelay?.maxMs),
  ])
  return table(heads, rows)
}

function shardTable(threads: readonly Thread[]): string[] {
  const heads = [
    ...['thread', 'shard', 'operations', 'gets', 'hits', 'sets', 'deletes', 'others'],
    ...['records', 'keys', 'values', 'heap', 'expired', 'evicted'],
  ]
  const rows = threads.flatMap(({ thread, shardStats }) =>
    shardStats.map((stats) => [
      String(thread),
      String(stats.shard),
      ...[stats.operations, stats.gets, stats.hits, stats.sets, stats.deletes, stats.others, stats.records].map(
        grouped,
      ),
      ...[stats.keyBytes, stats.valueBytes, stats.heapBytes].map(bytesText),
      ...[stats.expired, stats.evicted].map(grouped),
    ]),
  )
  return table(heads, rows)
}

function keyTable(threads: readonly Thread[]): string[] {
  const keys = threads
    .flatMap(({ thread, hotKeys }) => hotKeys.map((key) => ({ thread, ...key })))
    .sort((left, right) => right.share - left.share)
    .slice(0, HOT_KEYS_SHOWN_MAX)
  if (keys.length === 0) return ['no key was sampled yet']
  const rows = keys.map(({ thread, share, keyBytes, key, encoding }) => [
    String(thread),
    `${(share * 100).toFixed(2)}%`,
    grouped(keyBytes),
    encoding === 'utf8' ? printable(key) : `${printable(key)} (Base64)`,
  ])
  return table(['thread', 'share of its operations', 'bytes', 'hottest keys'], rows, 3)
}

/** Columns as wide as their widest cell: numbers to the right, those from `textFrom` on to the left. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], textFrom = heads.length): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [heads, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column < textFrom ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_024 && unit < BYTE_UNITS.length - 1) {
    value /= 1_024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`
}

function delayText(delayMs: number | undefined): string {
  return delayMs === undefined ? '-' : `${delayMs.toFixed(1)} ms`
}

/** Without what a terminal would act upon: keys are anybody's bytes. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`
  })
}
