import { describe, expect, it } from 'vitest'
import { codeOf } from '../../../test/support/store-harness.ts'
import type { GivenClusterOptions } from '../cluster/cluster-options.ts'
import { optionsAt, parseAxes, pointName, pointsOf } from './axes.ts'

const GIVEN: GivenClusterOptions = { servers: '1', clients: '1', seconds: 5 }

describe('axes', () => {
  it('are what is varied, with its values as they were given', () => {
    expect(parseAxes(['servers=1,2,4', 'value-bytes=64,100-1000'])).toEqual([
      { name: 'servers', values: ['1', '2', '4'] },
      { name: 'value-bytes', values: ['64', '100-1000'] },
    ])
  })

  it.each([
    [[], '--vary is given once or twice'],
    [['servers=1', 'clients=1', 'batch=1'], '--vary is given once or twice'],
    [['batch=1', 'batch=2'], '--vary names one option twice'],
    [
      ['seed=1,2'],
      '--vary takes one of servers, clients, threads, batch, window, value-bytes, theta with values, not seed=1,2',
    ],
    [['batch'], 'not batch'],
    [['batch='], 'not batch='],
    [['toString=1'], 'not toString=1'],
    [['batch=1,,2'], '--vary has values once each, not batch=1,,2'],
    [['batch=1,2,1'], '--vary has values once each, not batch=1,2,1'],
    [['batch', 'window'].map((name) => `${name}=${numbers(40)}`), '--vary makes 1600 points, at most 1000 are run'],
  ])('%j are refused', (texts, message) => {
    expect(() => parseAxes(texts)).toThrow(message)
    expect(codeOf(() => parseAxes(texts))).toBe('INVALID_ARGUMENT')
  })
})

describe('points', () => {
  it('are every combination, the last axis changing fastest', () => {
    const axes = parseAxes(['servers=2,4', 'clients=1,2,3'])
    const points = pointsOf(axes)
    expect(points.map((point) => point.join(' '))).toEqual(['2 1', '2 2', '2 3', '4 1', '4 2', '4 3'])
    expect(pointName(axes, points[3] ?? [])).toBe('servers=4, clients=1')
  })

  it.each([
    ['servers=3', { servers: '3' }],
    ['clients=4', { clients: '4' }],
    ['threads=2', { threads: 2 }],
    ['batch=100', { batch: 100 }],
    ['window=7', { window: 7 }],
    ['value-bytes=10-20', { valueBytes: '10-20' }],
    ['theta=0.5', { theta: 0.5 }],
  ])('%s become options', (text, changed) => {
    const axes = parseAxes([text])
    expect(optionsAt({ ...GIVEN, theta: 0.9 }, axes, pointsOf(axes)[0] ?? [])).toEqual({
      ...GIVEN,
      theta: 0.9,
      ...changed,
    })
  })

  it('take the first of the hosts that were named', () => {
    const axes = parseAxes(['servers=2', 'clients=1'])
    const hosts = { servers: 'h1,user@h2,h3', clients: 'h4=10.0.0.4,h5' }
    expect(optionsAt(hosts, axes, ['2', '1'])).toEqual({ servers: 'h1,user@h2', clients: 'h4=10.0.0.4' })
  })

  it.each([
    ['servers=3', { ...GIVEN, servers: 'h1,h2' }, '--servers has 2 hosts, and --vary asks for 3'],
    ['servers=0', GIVEN, '--vary: servers takes whole numbers from 1, not 0'],
    ['servers=1.5', GIVEN, '--vary: servers takes whole numbers from 1, not 1.5'],
    ['clients=h1', GIVEN, '--vary: clients takes whole numbers from 1, not h1'],
    ['batch=1e3', GIVEN, '--vary: batch takes whole numbers from 1, not 1e3'],
    ['theta=high', GIVEN, '--vary: theta takes decimal numbers, not high'],
  ])('%s are refused', (text, given, message) => {
    const axes = parseAxes([text])
    const resolve = () => optionsAt(given, axes, pointsOf(axes)[0] ?? [])
    expect(resolve).toThrow(message)
    expect(codeOf(resolve)).toBe('INVALID_ARGUMENT')
  })
})

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => index + 1).join()
}
