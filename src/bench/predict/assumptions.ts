// What a prediction takes for granted, in the words that stand beside it. docs/SCALING.md says more of each.

import type { PredictOptions } from './predict-options.ts'
import { REFERENCE_CORES, REFERENCE_GBITS } from './reference.ts'

/** The assumptions of these options, a sentence each. */
export function assumptionsOf(options: PredictOptions): string[] {
  const { costs, speed, workload, hasRepeats, sharedCores } = options
  return [
    `Costs: ${costs.source}; processors ${times(speed)} as fast.`,
    `A shard thread needs ${ns(costs.serverNsPerOp)} for an operation and ${ns(costs.serverNsPerFrame)} for a frame, a client thread ${ns(
      costs.clientNsPerOp,
    )} and ${ns(costs.clientNsPerFrame)}, on every machine and at every load.`,
    ...(isMeasured(options)
      ? []
      : ['The processor time is that of another workload than the one predicted: measure it with --costs.']),
    `${workload.records.toLocaleString('en-US')} records of ${workload.valueBytes} B, ${percent(workload.readShare)} reads, Zipf ${workload.theta} as the benchmark draws it, keys by the real slot function, one shard a thread.`,
    'Clients are a closed loop and wait for every shard, so the thread with the most to do limits all.',
    bytesText(options),
    hasRepeats ? 'Repeated reads of a batch are answered by reference.' : 'Every read is answered in full.',
    ...(sharedCores === undefined
      ? machineTexts(options)
      : [`Everything runs on ${sharedCores} cores that are never idle; there is no network.`]),
    'Each figure is a bound: waiting, wake-ups and uneven moments make real ones lower.',
  ]
}

function machineTexts({ server, client, network }: PredictOptions): string[] {
  return [
    `Servers use ${server.threads} of ${server.cores} cores for shard threads, clients ${client.threads} of ${client.cores}; the others do all else.`,
    `${network.gbitsPerSecond} Gbit/s each way and machine, used to the full; ${network.packetOverheadBytes} B more for each packet of ${network.mtuBytes} B, an acknowledgement for every second; a switch that limits nothing.`,
    'The kernel costs what loopback costs it: interrupts and drivers of a network card are not known.',
    `The reference and the best known result are of other programs, measured on ${REFERENCE_CORES} cores and ${REFERENCE_GBITS} Gbit/s.`,
  ]
}

function isMeasured({ workload, measuredWorkload }: PredictOptions): boolean {
  return JSON.stringify(workload) === JSON.stringify(measuredWorkload)
}

function bytesText({ costs }: PredictOptions): string {
  const given = [
    ...(costs.requestBytesPerOp === undefined ? [] : [`requests of ${costs.requestBytesPerOp} B`]),
    ...(costs.replyBytesPerOp === undefined ? [] : [`replies of ${costs.replyBytesPerOp} B`]),
  ]
  return given.length === 0
    ? 'Bytes of requests and replies are computed from the formats.'
    : `Bytes of an operation as given: ${given.join(', ')}.`
}

function ns(value: number): string {
  return `${value.toLocaleString('en-US', { maximumFractionDigits: 1 })} ns`
}

function times(speed: number): string {
  return speed === 1 ? 'just' : `${speed} times`
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`
}
