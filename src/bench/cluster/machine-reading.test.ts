import { expect, it } from 'vitest'
import { machineId, parseCores, parseNetwork, readMachine } from './machine-reading.ts'

const STAT = `cpu  30 0 30 300 30 0 0 0 0 0
cpu0 10 1 20 100 10 2 3 4 9 9
cpu11 20 0 10 200 20 0 0 0 0 0
intr 12345 0
ctxt 999
`

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth0:23456789012 30 1 0 0 0 0 7 400 4 0 0 0 0 0 0
`

it('time of each core is busy or idle', () => {
  expect(parseCores(STAT)).toEqual([
    { busy: 40, all: 150 },
    { busy: 30, all: 250 },
  ])
})

it('traffic is that of all interfaces', () => {
  expect(parseNetwork(NET_DEV)).toEqual({ bytesIn: 23_456_790_012, packetsIn: 40, bytesOut: 1_400, packetsOut: 14 })
})

it('nothing is known where the system does not tell', () => {
  const nowhere = (): string => {
    throw new Error('no such file')
  }
  expect(readMachine(nowhere)).toEqual({ cores: [], network: null })
  expect(machineId('h1', nowhere)).toBe('h1')
})

it.runIf(process.platform === 'linux')('Linux tells', () => {
  const { cores, network } = readMachine()
  expect(cores.length).toBeGreaterThan(0)
  for (const { busy, all } of cores) expect(busy > 0 && busy <= all).toBe(true)
  expect(network).not.toBeNull()
})
