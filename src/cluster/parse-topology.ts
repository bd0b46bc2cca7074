// Reads a topology that came from outside, as parsed JSON. Everything is checked before anything is believed; unknown
// fields are left out, so that a newer peer may add some.

import { SluiceError } from '../util/errors.ts'
import { SLOT_COUNT } from './slot.ts'
import {
  frozenTopology,
  NODE_THREADS_MAX,
  type SlotRange,
  TOPOLOGY_NODES_MAX,
  TOPOLOGY_SHARDS_MAX,
  type Topology,
  type TopologyNode,
  type TopologyShard,
} from './topology.ts'

const NAME_CHARS_MAX = 255
const SHARD_ID_MAX = 0xffff
const VIEW_MAX = 0xffff_ffff
const PORT_MAX = 0xffff

/**
 * The topology that `json` describes. Throws INVALID_ARGUMENT, whose message names the place and what is wrong there.
 */
export function parseTopology(json: unknown): Topology {
  const fields = object(json, 'topology')
  const number = integer(fields.number, 'topology.number', 0, Number.MAX_SAFE_INTEGER)
  const nodes = array(fields.nodes, 'topology.nodes', 1, TOPOLOGY_NODES_MAX).map(parseNode)
  const shards = array(fields.shards, 'topology.shards', 1, TOPOLOGY_SHARDS_MAX).map(parseShard)
  checkUnique(nodes, 'topology.nodes')
  checkUnique(shards, 'topology.shards')
  checkOwners(nodes, shards)
  checkSlots(shards)
  return frozenTopology({ number, nodes, shards })
}

function parseNode(json: unknown, index: number): TopologyNode {
  const at = `topology.nodes[${index}]`
  const fields = object(json, at)
  const ports = array(fields.ports, `${at}.ports`, 1, NODE_THREADS_MAX)
  return {
    id: text(fields.id, `${at}.id`),
    host: text(fields.host, `${at}.host`),
    ports: ports.map((port, thread) => integer(port, `${at}.ports[${thread}]`, 1, PORT_MAX)),
    ...(fields.publicPort !== undefined && {
      publicPort: integer(fields.publicPort, `${at}.publicPort`, 1, PORT_MAX),
    }),
  }
}

function parseShard(json: unknown, index: number): TopologyShard {
  const at = `topology.shards[${index}]`
  const fields = object(json, at)
  const slots = array(fields.slots, `${at}.slots`, 0, SLOT_COUNT)
  return {
    id: integer(fields.id, `${at}.id`, 0, SHARD_ID_MAX),
    node: text(fields.node, `${at}.node`),
    thread: integer(fields.thread, `${at}.thread`, 0, NODE_THREADS_MAX - 1),
    view: integer(fields.view, `${at}.view`, 0, VIEW_MAX),
    slots: slots.map((range, rangeIndex) => parseRange(range, `${at}.slots[${rangeIndex}]`)),
  }
}

function parseRange(json: unknown, at: string): SlotRange {
  const pair = array(json, at, 2, 2)
  const first = integer(pair[0], `${at}[0]`, 0, SLOT_COUNT - 1)
  return [first, integer(pair[1], `${at}[1]`, first, SLOT_COUNT - 1)]
}

function checkUnique(items: readonly { readonly id: number | string }[], at: string): void {
  const ids = new Set<number | string>()
  for (const [index, { id }] of items.entries()) {
    if (ids.has(id)) fail(`${at}[${index}].id`, `${JSON.stringify(id)} is used twice`)
    ids.add(id)
  }
}

function checkOwners(nodes: readonly TopologyNode[], shards: readonly TopologyShard[]): void {
  const threads = new Map(nodes.map((node) => [node.id, node.ports.length]))
  for (const [index, { node, thread }] of shards.entries()) {
    const count = threads.get(node)
    if (count === undefined) fail(`topology.shards[${index}].node`, `there is no node ${JSON.stringify(node)}`)
    if (thread >= count) fail(`topology.shards[${index}].thread`, `node ${JSON.stringify(node)} has ${count} threads`)
  }
}

function checkSlots(shards: readonly TopologyShard[]): void {
  const isOwned = new Uint8Array(SLOT_COUNT)
  for (const [index, { slots }] of shards.entries()) {
    for (const [first, last] of slots) {
      for (let slot = first; slot <= last; slot++) {
        if (isOwned[slot] !== 0) fail(`topology.shards[${index}].slots`, `slot ${slot} is owned twice`)
        isOwned[slot] = 1
      }
    }
  }
  const unowned = isOwned.indexOf(0)
  if (unowned !== -1) fail('topology.shards', `slot ${unowned} is not owned`)
}

function object(json: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) fail(at, 'must be an object')
  return { ...json }
}

function array(json: unknown, at: string, countMin: number, countMax: number): readonly unknown[] {
  if (!Array.isArray(json)) fail(at, 'must be an array')
  const range = countMin === countMax ? countMin : `${countMin} to ${countMax}`
  if (json.length < countMin || json.length > countMax) fail(at, `must have ${range} items`)
  return json
}

function integer(json: unknown, at: string, min: number, max: number): number {
  if (typeof json !== 'number' || !Number.isInteger(json)) fail(at, 'must be an integer')
  if (json < min || json > max) fail(at, `must be from ${min} to ${max}`)
  return json
}

function text(json: unknown, at: string): string {
  if (typeof json !== 'string') fail(at, 'must be a string')
  if (json.length === 0 || json.length > NAME_CHARS_MAX) fail(at, `must have 1 to ${NAME_CHARS_MAX} characters`)
  return json
}

function fail(at: string, problem: string): never {
  throw new SluiceError('INVALID_ARGUMENT', `${at}: ${problem}`)
}
