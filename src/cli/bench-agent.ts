// `sluice bench agent`: what a benchmark over several hosts runs on each of them. Not for people: it speaks lines of JSON.

import { Command } from 'commander'
import { systemClock } from '../util/clock.ts'
import { openLog } from './log.ts'

/** Threads are ended at once; whatever takes longer ends with the process. */
const END_MS_MAX = 3_000

/** The subcommand; add it as a hidden one. */
export function benchAgentCommand(version: string): Command {
  return new Command('agent')
    .description('Runs a node or clients for `sluice bench cluster`, until its standard input ends.')
    .allowExcessArguments(false)
    .action(() => agent(version))
}

async function agent(version: string): Promise<void> {
  const [{ runAgent }, { startServer }, { ClientThreads }] = await Promise.all([
    import('../bench/cluster/agent.ts'),
    import('../server/index.ts'),
    import('../bench/load/client-threads.ts'),
  ])
  // The standard output is for answers alone.
  const logger = openLog('warn')
  const end = (): void => process.exit()
  const onInputEnd = (): void => void systemClock.after(END_MS_MAX, end)
  for (const event of ['end', 'close', 'error'] as const) process.stdin.on(event, onInputEnd)
  await runAgent({
    input: process.stdin,
    output: process.stdout,
    version,
    clock: systemClock,
    startServer: (options) => startServer({ ...options, logger }),
    startClients: (count, shared, firstClient) => ClientThreads.start(count, shared, firstClient),
  })
  // A thread that is still being started would keep the process.
  end()
}
