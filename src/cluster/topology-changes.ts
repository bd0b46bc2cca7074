// What changes from one topology to the next, and whether one may follow the other.

import { SluiceError } from '../util/errors.ts'
import { SlotSet } from './slot-set.ts'
import type { Topology, TopologyNode, TopologyShard } from './topology.ts'

/**
 * Throws INVALID_ARGUMENT unless `next` may follow `current`: its number is larger; a shard's view rises when its slots
 * or its owner change, and only then; a node keeps its host and ports.
 */
export function checkSuccession(current: Topology, next: Topology): void {
  if (next.number <= current.number) {
    fail(`its number ${next.number} is not larger than ${current.number}, which is in force`)
  }
  const shards = new Map(current.shards.map((shard) => [shard.id, shard]))
  for (const shard of next.shards) {
    const before = shards.get(shard.id)
    if (before !== undefined) checkView(before, shard, next.number === current.number + 1)
  }
  const nodes = new Map(current.nodes.map((node) => [node.id, node]))
  for (const node of next.nodes) {
    const before = nodes.get(node.id)
    if (before !== undefined && !hasSameAddresses(before, node)) {
      fail(`node ${JSON.stringify(node.id)} has other addresses: take it out first, or give it another id`)
    }
  }
}

/** Slots that go from one owner to another. */
export interface SlotMove {
  readonly from: TopologyShard
  readonly to: TopologyShard
  readonly slots: SlotSet
}

/** Which slots move, by the shards and threads that they move between, in the order of the shards of `next`. */
export function movesBetween(current: Topology, next: Topology): SlotMove[] {
  return next.shards.flatMap((to) => {
    const slots = SlotSet.of(to.slots)
    return current.shards.flatMap((from): SlotMove[] => {
      const isSameOwner = from.id === to.id && from.node === to.node && from.thread === to.thread
      const moved = slots.intersection(SlotSet.of(from.slots))
      return isSameOwner || moved.isEmpty ? [] : [{ from, to, slots: moved }]
    })
  })
}

/**
 * The slots that a node must not serve before their previous owners gave them up: for each of its shards in `next` those
 * that the same shard on the same thread did not own in `current`; all of them without a `current`. Shards that gain
 * nothing are left out.
 */
export function gainedSlots(current: Topology | undefined, next: Topology, nodeId: string): Map<number, SlotSet> {
  const gained = new Map<number, SlotSet>()
  for (const shard of next.shards) {
    if (shard.node !== nodeId) continue
    const before = current?.shards.find(({ id }) => id === shard.id)
    const isKept = before !== undefined && before.node === nodeId && before.thread === shard.thread
    const slots = SlotSet.of(shard.slots).without(isKept ? SlotSet.of(before.slots) : new SlotSet())
    if (!slots.isEmpty) gained.set(shard.id, slots)
  }
  return gained
}

function checkView(before: TopologyShard, after: TopologyShard, isDirect: boolean): void {
  const isSame =
    before.node === after.node &&
    before.thread === after.thread &&
    SlotSet.of(before.slots).equals(SlotSet.of(after.slots))
  // Between numbers that were skipped, slots may have gone and come back.
  if (isSame && (isDirect ? after.view !== before.view : after.view < before.view)) {
    fail(`shard ${after.id} is as before, so its view must stay ${before.view}, not become ${after.view}`)
  }
  if (!isSame && after.view <= before.view) {
    fail(`shard ${after.id} changes, so its view must be larger than ${before.view}`)
  }
}

function hasSameAddresses(left: TopologyNode, right: TopologyNode): boolean {
  return left.host === right.host && left.ports.join() === right.ports.join() && left.publicPort === right.publicPort
}

function fail(problem: string): never {
  throw new SluiceError('INVALID_ARGUMENT', `the topology cannot follow: ${problem}`)
}
