// `sluice topology`: makes, shows and checks topologies.

import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { parseTopology } from '../cluster/parse-topology.ts'
import { planTopology } from '../cluster/plan-topology.ts'
import { SLOT_COUNT } from '../cluster/slot.ts'
import { SlotSet } from '../cluster/slot-set.ts'
import type { Topology, TopologyNode } from '../cluster/topology.ts'
import { checkSuccession, movesBetween } from '../cluster/topology-changes.ts'
import { readTopology } from './input-files.ts'
import { wholeNumber } from './numbers.ts'

/** The subcommand. */
export function topologyCommand(): Command {
  const command = new Command('topology').description('Makes, shows and checks the topology of a cluster.')
  const inherit = (part: Command): Command => part.allowExcessArguments(false)
  command.addCommand(
    inherit(new Command('plan'))
      .description('Makes an even topology, or the next one with the fewest slots moved, and says what moves.')
      .requiredOption(
        '--node <id=host:from-to[/public]>',
        'a node with the direct ports of its threads and its public port; once for each node',
        addNode,
      )
      .option('--from <file>', 'the topology in force')
      .option('--shards-per-thread <count>', 'shards of each thread that has none yet (default: 1)', wholeNumber)
      .option('--gone <id>', 'a node that is not to be listed any more: its process has ended for good', addText)
      .option('--output <file>', 'write the topology there (default: the standard output)')
      .action(plan),
  )
  command.addCommand(
    inherit(new Command('show'))
      .description('Shows who owns what.')
      .argument('<file or address>', 'a topology file, or any address of a running node')
      .option('--json', 'as JSON')
      .action(show),
  )
  command.addCommand(
    inherit(new Command('check'))
      .description('Checks a topology, and whether it may follow another one; says what moves.')
      .argument('<file>')
      .option('--from <file>', 'the topology in force')
      .action(check),
  )
  return command
}

interface PlanArguments {
  readonly node: readonly TopologyNode[]
  readonly from?: string
  readonly shardsPerThread?: number
  readonly gone?: readonly string[]
  readonly output?: string
}

function plan({ node: nodes, from, shardsPerThread, gone, output }: PlanArguments): void {
  const current = from === undefined ? undefined : readTopology(from)
  const planned = planTopology({
    nodes,
    ...(current !== undefined && { current }),
    ...(shardsPerThread !== undefined && { shardsPerThread }),
    ...(gone !== undefined && { gone }),
  })
  // Names and ports come from the command line: a plan is checked as any file is.
  const topology = parseTopology(planned)
  if (current !== undefined) checkSuccession(current, topology)
  const text = `${JSON.stringify(topology, undefined, 2)}\n`
  if (output === undefined) process.stdout.write(text)
  else writeFileSync(output, text)
  if (current !== undefined) for (const line of moveLines(current, topology)) console.error(line)
}

async function show(source: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const topology = /[:/]\d+$|^sluices?:/.test(source) ? await fetchTopology(source) : readTopology(source)
  if (json) console.log(JSON.stringify(topology, undefined, 2))
  else for (const line of tableOf(topology)) console.log(line)
}

function check(file: string, { from }: { readonly from?: string }): void {
  const topology = readTopology(file)
  if (from !== undefined) {
    const current = readTopology(from)
    checkSuccession(current, topology)
    for (const line of moveLines(current, topology)) console.log(line)
  }
  console.log(`${file} is a good topology: number ${topology.number}, ${counted(topology.nodes.length, 'node')}`)
}

async function fetchTopology(address: string): Promise<Topology> {
  const { connect } = await import('../client/index.ts')
  const password = process.env.SLUICE_PASSWORD
  const client = await connect(address, password === undefined ? {} : { password })
  const { topology } = client
  await client.close()
  return topology
}

/** What moves from one topology to the next, in words. */
export function moveLines(current: Topology, next: Topology): string[] {
  const moves = movesBetween(current, next)
  const total = moves.reduce((sum, { slots }) => sum + slots.size, 0)
  const lines = moves.map(
    ({ from, to, slots }) =>
      `  ${counted(slots.size, 'slot').padStart(11)}  ${from.node}/${from.thread} shard ${from.id} -> ${to.node}/${to.thread} shard ${to.id}`,
  )
  if (total === 0) return ['no slot moves']
  return [`${counted(total, 'slot')} of ${SLOT_COUNT} move; they start empty at their new owners:`, ...lines]
}

/** Nodes, threads and shards as a table. */
export function tableOf(topology: Topology): string[] {
  const lines = [
    `topology ${topology.number}: ${counted(topology.nodes.length, 'node')}, ${counted(topology.shards.length, 'shard')}`,
  ]
  for (const node of topology.nodes) {
    const owned = topology.shards.filter((shard) => shard.node === node.id)
    const slots = owned.reduce((sum, shard) => sum + SlotSet.of(shard.slots).size, 0)
    const publicPort = node.publicPort === undefined ? '' : `, public port ${node.publicPort}`
    lines.push(`${node.id}  ${node.host}${publicPort}  ${counted(slots, 'slot')}, ${percent(slots)}`)
    for (const [thread, port] of node.ports.entries()) {
      const shards = owned.filter((shard) => shard.thread === thread)
      lines.push(`  thread ${thread}, port ${port}`)
      for (const { id, view, slots: ranges } of shards) {
        const size = SlotSet.of(ranges).size
        const spans = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(' ')
        lines.push(`    shard ${id}, view ${view}: ${counted(size, 'slot')}, ${percent(size)}  ${spans}`)
      }
    }
  }
  return lines
}

function addText(text: string, texts: readonly string[] = []): string[] {
  return [...texts, text]
}

function addNode(text: string, nodes: readonly TopologyNode[] = []): TopologyNode[] {
  const match =
    /^(?<id>[^=]+)=(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)):(?<from>\d+)(?:-(?<to>\d+))?(?:\/(?<open>\d+))?$/.exec(text)
  const { id, six, host, from, to = from, open } = match?.groups ?? {}
  const first = Number(from)
  const count = Number(to) - first + 1
  if (id === undefined || !(count >= 1 && count <= 256)) {
    throw new InvalidArgumentError('It must be like a=10.0.0.1:7101-7104/7070: id, host, direct ports, public port.')
  }
  const ports = Array.from({ length: count }, (_, thread) => first + thread)
  const node = { id, host: six ?? host ?? '', ports, ...(open !== undefined && { publicPort: Number(open) }) }
  return [...nodes, node]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function percent(slots: number): string {
  return `${((slots / SLOT_COUNT) * 100).toFixed(1)} %`
}
