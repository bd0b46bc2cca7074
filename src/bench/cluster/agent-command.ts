// How the agent of a host is started: as a child process, or by the user's own ssh.

import { spawn } from 'node:child_process'
import type { AgentProcess } from './agent-link.ts'
import type { Host } from './hosts.ts'
import { quoteWord } from './shell-words.ts'

/** What runs the agents. */
export interface AgentCommands {
  /** Program and arguments on this machine. */
  readonly local: readonly string[]
  /** The program that reaches other machines, with arguments in front of its own. */
  readonly ssh: readonly string[]
  /** What a shell of the other machine runs. */
  readonly remote: string
}

/** What the command line makes `sluice` an agent with. */
const AGENT_ARGUMENTS: readonly string[] = ['bench', 'agent']

/** How agents are started, by `sluice` as a program and arguments of this machine. */
export function agentCommands(
  sluice: readonly string[],
  ssh: readonly string[] = ['ssh'],
  remoteSluice: string = sluice.map(quoteWord).join(' '),
): AgentCommands {
  return {
    local: [...sluice, ...AGENT_ARGUMENTS],
    ssh,
    remote: [remoteSluice, ...AGENT_ARGUMENTS].join(' '),
  }
}

/** Program and arguments that start the host's agent. */
export function commandFor({ sshName }: Host, { local, ssh, remote }: AgentCommands): readonly string[] {
  if (sshName === undefined) return local
  // In batch mode ssh asks nobody for a password: nobody would see the question.
  return [...ssh, '-o', 'BatchMode=yes', '-T', sshName, '--', remote]
}

/**
 * Starts it. It is in a process group of its own: a Ctrl-C in the terminal is for the benchmark alone, which then ends its
 * agents in order.
 */
export function spawnAgent(command: readonly string[]): AgentProcess {
  const [program = '', ...args] = command
  return spawn(program, args, { stdio: 'pipe', detached: true })
}
