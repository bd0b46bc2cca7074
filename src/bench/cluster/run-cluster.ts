// One benchmark over several hosts, from the first connection to the result. All that it starts is stopped before it ends,
// however it ends.

import type { Clock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import { readEnvironment } from '../run/environment.ts'
import type { BenchOutput } from '../run/output.ts'
import { type PhasesOutcome, runPhases } from '../run/phases.ts'
import { connectLine } from '../run/progress.ts'
import { plural } from '../run/text.ts'
import type { AgentCommands } from './agent-command.ts'
import type { AgentLink } from './agent-link.ts'
import { AgentLogs } from './agent-logs.ts'
import {
  type ClusterOptions,
  type GivenClusterOptions,
  placeHosts,
  planNodeMemory,
  resolveClusterOptions,
} from './cluster-options.ts'
import { type ClusterResult, clusterResult } from './cluster-result.ts'
import { clusterHeadline } from './cluster-summary.ts'
import { ClusterWatch } from './cluster-watch.ts'
import { type ConnectedHost, greet, startAgents, warningsOf } from './connect-hosts.ts'
import { RemoteClients } from './remote-clients.ts'
import { startClients, startNodes } from './start-cluster.ts'

/** What a run is made with. */
export interface ClusterRunParts {
  readonly options: GivenClusterOptions
  readonly commands: AgentCommands
  /** Folder for a log of each agent; undefined: none. */
  readonly logs: string | undefined
  /** Of this program; agents must have the same. */
  readonly version: string
  readonly output: BenchOutput
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** For clients and nodes to close in order; what takes longer is ended. */
const CLOSE_MS_MAX = 10_000

/**
 * Runs it. When `signal` aborts, it ends after the batches in flight, and the result is partial. Rejects with
 * INVALID_ARGUMENT, with what kept a host from taking part, and with CANCELLED when it is interrupted before the first
 * phase; what fails later is in the result.
 */
export async function runCluster(parts: ClusterRunParts): Promise<ClusterResult> {
  const { options, commands, clock } = parts
  const { servers, clients } = placeHosts(options)
  const logs = new AgentLogs(parts.logs, clock)
  const agents = startAgents([...servers, ...clients], commands, clock, logs)
  try {
    const cluster = await beforeAbort(parts.signal, openCluster(parts, agents))
    return await measure(parts, cluster)
  } finally {
    await Promise.all(agents.map(({ link }) => link.close()))
    logs.close()
  }
}

interface OpenCluster {
  readonly options: ClusterOptions
  readonly servers: readonly ConnectedHost[]
  readonly clients: readonly ConnectedHost[]
  readonly warnings: readonly string[]
}

async function openCluster(parts: ClusterRunParts, agents: ReturnType<typeof startAgents>): Promise<OpenCluster> {
  const { clock, output, version } = parts
  const startMs = clock.monotonicMs()
  output.live(`  connect  to ${agents.map(({ link }) => link.title).join(', ')}`)
  const hosts = await greet(agents, version, clock)
  const options = resolveClusterOptions(parts.options, hosts)
  const memory = planNodeMemory(options, hosts)
  const warnings = warningsOf(hosts)
  output.line(output.styled('strong', clusterHeadline(options)))
  for (const warning of warnings) output.line(output.styled('bad', `  ${warning}`))
  const servers = hosts.filter(({ host }) => host.role === 'server')
  const clients = hosts.filter(({ host }) => host.role === 'client')
  const nodes = await startNodes(servers, memory, options.threadsPerServer)
  await startClients(clients, options, nodes)
  const machines = new Set(hosts.map(({ hello }) => hello.machine)).size
  const counts = `${plural(hosts.length, 'agent')} on ${plural(machines, 'machine')}`
  output.line(connectLine(clock.monotonicMs() - startMs, counts))
  return { options, servers, clients, warnings }
}

async function measure(parts: ClusterRunParts, cluster: OpenCluster): Promise<ClusterResult> {
  const { clock, output, signal } = parts
  const { options, servers, clients, warnings } = cluster
  const environment = readEnvironment()
  const [serverLinks, clientLinks] = [linksOf(servers), linksOf(clients)]
  const remote = new RemoteClients(clientLinks, clock)
  const watch = new ClusterWatch(serverLinks, clientLinks, options.shardThreads, clock, (client, sums) =>
    remote.note(client, sums),
  )
  const failures: string[] = []
  for (const link of [...serverLinks, ...clientLinks]) {
    void link.failed.then((reason) => {
      failures.push(`${link.title}: ${reason}`)
      remote.fail(`${link.title}: ${reason}`)
    })
  }
  const told = await runPhases({ options, clients: remote, probe: watch, output, signal, clock })
  // Clients only see lost connections; the host that died says why.
  const failure = failures.length > 0 && told.interruptedIn === null ? failures.join('; ') : told.failure
  const outcome: PhasesOutcome = { ...told, failure }
  if (failures.length === 0) await closeInOrder(clientLinks, serverLinks)
  const hosts = [...servers, ...clients]
  const { threads: serverThreads, looks } = watch
  return clusterResult({ options, environment, hosts, warnings, outcome, serverThreads, looks })
}

/** Clients first, so that nodes have nothing to wait for. What fails now has failed nothing that was measured. */
async function closeInOrder(...groups: readonly (readonly AgentLink[])[]): Promise<void> {
  for (const links of groups) {
    await Promise.allSettled(links.map((link) => link.ask({ type: 'close' }, CLOSE_MS_MAX)))
  }
}

function linksOf(hosts: readonly ConnectedHost[]): AgentLink[] {
  return hosts.map(({ link }) => link)
}

/** Settles as `work` does, or rejects with CANCELLED as soon as the signal aborts; then `work` goes on to its failure. */
async function beforeAbort<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  let cancel: () => void = () => {}
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(new SluiceError('CANCELLED', 'interrupted while the hosts were being connected'))
  })
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    return await Promise.race([work, cancelled])
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
