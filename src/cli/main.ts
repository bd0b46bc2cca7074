#!/usr/bin/env node
// The `sluice` command. Each subcommand loads what it needs when it runs, so that `--help` is quick.
//
// Exit codes: 0 done; 1 failed, a server that is not ready, a wrong reply in a benchmark, or a history that is not linearizable; 2 the
// command line makes no sense; 3 a history that could not be judged; 130 interrupted; 141 nobody reads the output any more.

import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { SluiceError } from '../util/errors.ts'
import { adminCommand } from './admin.ts'
import { benchCommand } from './bench.ts'
import { serveCommand } from './serve.ts'
import { topologyCommand } from './topology.ts'
import { verifyCommand } from './verify.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** As a shell says it of a program whose reader went away. */
const EXIT_NOBODY_READS = 141

// `sluice bench | head`: nobody reads on, so nobody waits.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? EXIT_NOBODY_READS : EXIT_FAILED)
})
await main()

async function main(): Promise<void> {
  const program = new Command('sluice')
    .description('A very fast in-memory key-value store.')
    .version(packageVersion())
    // Else `sluice bench` would take the options of its parts, which have the same names.
    .enablePositionalOptions()
    .exitOverride()
  const commands = [
    serveCommand(packageVersion()),
    topologyCommand(),
    adminCommand(),
    benchCommand(packageVersion()),
    verifyCommand(),
  ]
  for (const command of commands) {
    program.addCommand(inheriting(command, program))
  }
  try {
    await program.parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** The command with the settings of its parent, and so with all of its own. */
function inheriting(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const part of command.commands) inheriting(part, command)
  return command
}

/** Tells the user what went wrong, and returns the exit code. */
function report(error: unknown): number {
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (!(error instanceof SluiceError)) {
    console.error(error)
    return EXIT_FAILED
  }
  console.error(`sluice: ${error.message}`)
  return error.code === 'INVALID_ARGUMENT' ? EXIT_USAGE : EXIT_FAILED
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
