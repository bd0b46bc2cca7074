// The entry of a client thread: a driver of its own, driven by commands from the main thread.

import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../util/assert.ts'
import { systemClock } from '../../util/clock.ts'
import { openDriver } from '../drivers/open-driver.ts'
import { ValueTable } from '../workload/values.ts'
import type { ClientCommand, ClientReport, ClientThreadOptions, PhaseReport } from './client-messages.ts'
import { ClientSession } from './client-session.ts'

const port = parentPort
assert(port !== null, 'this file is the entry of a worker thread')

// The main thread is built with the same types.
const options = workerData as ClientThreadOptions

const values = new ValueTable(options.workload.valueSizes)
const driver = await openDriver(options.driver, values)
const session = new ClientSession(options, driver, values, systemClock)
port.on('message', (command: ClientCommand) => obey(command))
report({ type: 'ready' })

function obey(command: ClientCommand): void {
  switch (command.type) {
    case 'load':
      answer(session.load(command.first, command.end))
      break
    case 'run':
      answer(session.run(command.seconds))
      break
    case 'verify':
      answer(session.verify(command.first, command.end))
      break
    case 'stop':
      session.stop()
      break
    case 'close':
      void close()
  }
}

function answer(phase: Promise<PhaseReport>): void {
  phase.then(
    (done) => report({ type: 'phase', phase: done }),
    (error: unknown) => report({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  )
}

function report(message: ClientReport): void {
  port?.postMessage(message)
}

async function close(): Promise<void> {
  await driver.close()
  port?.close()
}
