// The first phase of a run: an agent on every host, each checked for its version and its clock.

import type { Clock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import { type AgentCommands, commandFor, spawnAgent } from './agent-command.ts'
import { AgentLink } from './agent-link.ts'
import type { AgentLogs } from './agent-logs.ts'
import type { AgentHello } from './agent-messages.ts'
import { type ClockOffset, measureOffset } from './clock-offset.ts'
import { type Host, hostTitle } from './hosts.ts'

/** A host with its agent. */
export interface ConnectedHost {
  readonly host: Host
  readonly link: AgentLink
  readonly hello: AgentHello
  readonly clock: ClockOffset
}

/** Clocks that differ more make times of several hosts hard to compare. */
const OFFSET_MS_MAX = 50

/** Starts the agent of each host; whoever asked closes them. */
export function startAgents(
  hosts: readonly Host[],
  commands: AgentCommands,
  clock: Clock,
  logs: AgentLogs,
): { readonly host: Host; readonly link: AgentLink }[] {
  return hosts.map((host) => {
    const process = spawnAgent(commandFor(host, commands))
    return { host, link: new AgentLink(hostTitle(host), process, clock, logs.open(host.id)) }
  })
}

/** Waits for all hellos and checks them. Rejects at the first that is missing or wrong. */
export function greet(
  agents: readonly { readonly host: Host; readonly link: AgentLink }[],
  version: string,
  clock: Clock,
): Promise<ConnectedHost[]> {
  return Promise.all(
    agents.map(async ({ host, link }): Promise<ConnectedHost> => {
      const hello = await link.hello()
      if (hello.version !== version) {
        throw new SluiceError(
          'CONNECT_FAILED',
          `${link.title} has Sluice ${hello.version}, and this is ${version}: install the same version on all hosts`,
        )
      }
      const offset = await measureOffset(clock, async () => (await link.ask({ type: 'clock' })).nowMs)
      return { host, link, hello, clock: offset }
    }),
  )
}

/** What to know about these hosts before their results are compared with others. */
export function warningsOf(hosts: readonly ConnectedHost[]): string[] {
  const warnings = hosts.flatMap(({ link, clock: { offsetMs, uncertaintyMs } }) =>
    Math.abs(offsetMs) - uncertaintyMs <= OFFSET_MS_MAX
      ? []
      : [`the clock of ${link.title} is off by ${offsetMs.toFixed(0)} ms, give or take ${uncertaintyMs.toFixed(0)}`],
  )
  const versions = new Set(hosts.map(({ hello }) => hello.nodeVersion))
  if (versions.size > 1) warnings.push(`hosts have different versions of Node: ${[...versions].sort().join(', ')}`)
  return warnings
}
