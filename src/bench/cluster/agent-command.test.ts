import { expect, it } from 'vitest'
import { agentCommands, commandFor } from './agent-command.ts'
import { parseHosts } from './hosts.ts'

const SLUICE = ['/opt/node 20/bin/node', '/srv/sluice/dist/cli/main.js']

function commandOf(host: string, commands: ReturnType<typeof agentCommands>): readonly string[] | undefined {
  return parseHosts('--servers', host, 'server').map((each) => commandFor(each, commands))[0]
}

it('on this machine an agent is a child process', () => {
  expect(commandOf('1', agentCommands(SLUICE))).toEqual([...SLUICE, 'bench', 'agent'])
})

it('on other hosts it is started by ssh, as this very program', () => {
  const remote = "'/opt/node 20/bin/node' /srv/sluice/dist/cli/main.js bench agent"
  const command = ['ssh', '-o', 'BatchMode=yes', '-T', 'ada@h1', '--', remote]
  expect(commandOf('ada@h1=10.0.0.1', agentCommands(SLUICE))).toEqual(command)
})

it('ssh and Sluice there may be others', () => {
  const commands = agentCommands(SLUICE, ['ssh', '-p', '2222'], 'npx sluice')
  const command = ['ssh', '-p', '2222', '-o', 'BatchMode=yes', '-T', 'h1', '--', 'npx sluice bench agent']
  expect(commandOf('h1', commands)).toEqual(command)
})
