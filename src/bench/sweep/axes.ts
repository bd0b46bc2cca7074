// What a sweep varies: one or two options of a cluster run, each over some values; every combination is a point.

import { SluiceError } from '../../util/errors.ts'
import type { GivenClusterOptions } from '../cluster/cluster-options.ts'

/** One varied option. */
export interface Axis {
  readonly name: AxisName
  /** As they were given. */
  readonly values: readonly string[]
}

/** One value for each axis, in order. */
export type Point = readonly string[]

const AXES_MAX = 2
const POINTS_MAX = 1_000

/** How a value becomes an option. Whether it makes sense is for the checks of a run's options. */
const AXES = {
  servers: (given, value) => ({ ...given, servers: firstHosts('servers', given.servers, value) }),
  clients: (given, value) => ({ ...given, clients: firstHosts('clients', given.clients, value) }),
  threads: (given, value) => ({ ...given, threads: countOf('threads', value) }),
  batch: (given, value) => ({ ...given, batch: countOf('batch', value) }),
  window: (given, value) => ({ ...given, window: countOf('window', value) }),
  'value-bytes': (given, value) => ({ ...given, valueBytes: value }),
  theta: (given, value) => ({ ...given, theta: shareOf('theta', value) }),
} as const satisfies Readonly<Record<string, (given: GivenClusterOptions, value: string) => GivenClusterOptions>>

type AxisName = keyof typeof AXES

/** The axes that texts like `servers=1,2,4` name. Throws INVALID_ARGUMENT. */
export function parseAxes(texts: readonly string[]): Axis[] {
  const axes = texts.map(parseAxis)
  if (axes.length === 0 || axes.length > AXES_MAX) throw invalid('--vary is given once or twice')
  if (new Set(axes.map(({ name }) => name)).size < axes.length) throw invalid('--vary names one option twice')
  const count = axes.reduce((product, { values }) => product * values.length, 1)
  if (count > POINTS_MAX) throw invalid(`--vary makes ${count} points, at most ${POINTS_MAX} are run`)
  return axes
}

/** Every combination, the last axis changing fastest. */
export function pointsOf(axes: readonly Axis[]): Point[] {
  let points: Point[] = [[]]
  for (const { values } of axes) points = points.flatMap((point) => values.map((value) => [...point, value]))
  return points
}

/** `servers=2, clients=4`. */
export function pointName(axes: readonly Axis[], point: Point): string {
  return axes.map(({ name }, place) => `${name}=${point[place]}`).join(', ')
}

/** The options of a point. Throws INVALID_ARGUMENT for a value that is none. */
export function optionsAt(given: GivenClusterOptions, axes: readonly Axis[], point: Point): GivenClusterOptions {
  let options = given
  for (const [place, { name }] of axes.entries()) options = AXES[name](options, point[place] ?? '')
  return options
}

function parseAxis(text: string): Axis {
  const [, name = '', list = ''] = /^([\w-]+)=(.+)$/.exec(text) ?? []
  if (!isAxis(name)) throw invalid(`--vary takes one of ${Object.keys(AXES).join(', ')} with values, not ${text}`)
  const values = list.split(',')
  if (values.includes('') || new Set(values).size < values.length) {
    throw invalid(`--vary has values once each, not ${text}`)
  }
  return { name, values }
}

/** So many on this machine, or the first of the hosts that were named. */
function firstHosts(name: 'servers' | 'clients', hosts: string, value: string): string {
  const count = countOf(name, value)
  if (/^\d+$/.test(hosts)) return value
  const names = hosts.split(',')
  if (count > names.length) throw invalid(`--${name} has ${names.length} hosts, and --vary asks for ${count}`)
  return names.slice(0, count).join(',')
}

function countOf(name: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value)
  throw invalid(`--vary: ${name} takes whole numbers from 1, not ${value}`)
}

function shareOf(name: string, value: string): number {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value)
  throw invalid(`--vary: ${name} takes decimal numbers, not ${value}`)
}

function isAxis(name: string): name is AxisName {
  return Object.hasOwn(AXES, name)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
