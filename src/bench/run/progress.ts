// How a phase goes on, as one line.

import type { BenchOutput } from './output.ts'
import type { Sample } from './sampler.ts'
import { grouped, rateOf } from './text.ts'

/** Where a phase is. */
export interface PhaseProgress {
  readonly name: string
  /** From 0 to 1. */
  readonly share: number
  readonly elapsedSeconds: number
  /** Operations checked since the phase began. */
  readonly operations: number
  readonly mismatches: number
  /** What happened since the last look. */
  readonly sample: Sample
}

const NAME_WIDTH = 'warm-up'.length
const BAR_WIDTH = 16
const BYTES_PER_MB = 1e6
const MS_PER_SECOND = 1_000

/** The line: a bar where it replaces the one before, else the same facts alone. */
export function progressLine(progress: PhaseProgress, output: BenchOutput): string {
  const { name, share, elapsedSeconds, operations, mismatches, sample } = progress
  const done = Math.min(1, Math.max(0, share))
  const leftSeconds = done > 0 ? (elapsedSeconds * (1 - done)) / done : undefined
  const now = rateOf(sample.operations / sample.durationSeconds)
  const mean = rateOf(operations / elapsedSeconds)
  const megabytes = (sample.bytesSent + sample.bytesReceived) / sample.durationSeconds / BYTES_PER_MB
  const wrong = mismatches === 0 ? 'all right' : output.styled('bad', `${grouped(mismatches)} wrong`)
  const parts = [
    `${output.hasBar ? `${bar(done)} ` : ''}${String(Math.floor(done * 100)).padStart(3)}%`,
    `${secondsText(elapsedSeconds)} s${leftSeconds === undefined ? '' : `, ${secondsText(leftSeconds)} left`}`,
    `${now.value} ${now.unit} (mean ${mean.value} ${mean.unit})`,
    `${megabytes.toFixed(0)} MB/s`,
    ...latencyParts(sample),
    ...(sample.serverCores === null ? [] : [`server ${sample.serverCores.toFixed(2)} cores`]),
    `${grouped(operations)} checked, ${wrong}`,
  ]
  return `  ${name.padEnd(NAME_WIDTH)} ${parts.join('  ')}`
}

/** The line that stays once all are connected. */
export function connectLine(elapsedMs: number, who: string): string {
  return `  ${'connect'.padEnd(NAME_WIDTH)} ${(elapsedMs / MS_PER_SECOND).toFixed(1).padStart(6)} s  ${who}`
}

/** The line that stays of a phase that is over. */
export function phaseLine(name: string, elapsedSeconds: number, operations: number): string {
  const rate = rateOf(elapsedSeconds > 0 ? operations / elapsedSeconds : 0)
  const figures = `${elapsedSeconds.toFixed(1).padStart(6)} s  ${grouped(operations)} operations`
  return `  ${name.padEnd(NAME_WIDTH)} ${figures}${operations === 0 ? '' : `, ${rate.value} ${rate.unit}`}`
}

function latencyParts({ p50Ms, p99Ms }: Sample): string[] {
  return p50Ms === null || p99Ms === null ? [] : [`p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms`]
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}]`
}

function secondsText(seconds: number): string {
  return seconds.toFixed(seconds < 10 ? 1 : 0)
}
