import { describe, expect, it } from 'vitest'
import { createLocalServer } from '../server/index.ts'
import { reportOf } from './admin-report.ts'

function statsText(changes: object = {}): string {
  const server = createLocalServer({ threads: 2, shardsPerThread: 2 })
  const threads = server.stats().map((thread) => ({ ...thread, ...changes }))
  server.destroy()
  return JSON.stringify({ node: 'n', version: '1', uptimeMs: 61_900, topologyNumber: 3, threads })
}

describe('stats', () => {
  it('have a line for every thread and every shard', () => {
    const lines = reportOf('stats', statsText({ operations: 1_234_567, bytesIn: 1_536 })).split('\n')
    expect(lines[0]).toBe('node n, version 1, up 61 s, topology 3')
    expect(lines.filter((line) => line.includes('1,234,567') && line.includes('1.5 KiB'))).toHaveLength(2)
    const shards = lines.filter((line) => /^ +[01] +[0-3] +0 /.test(line)).map((line) => line.trim().split(/ +/)[1])
    expect(shards).toEqual(['0', '2', '1', '3'])
    expect(lines.at(-1)).toBe('no key was sampled yet')
  })

  it('show the hottest keys of all threads, without what a terminal acts upon', () => {
    const hotKeys = [
      { key: '\u001b[2J\u202eevil\n', encoding: 'utf8', keyBytes: 10, share: 0.25, shareLeast: 0.2 },
      { key: '/wBB', encoding: 'base64', keyBytes: 3, share: 0.5, shareLeast: 0.5 },
    ]
    const report = reportOf('stats', statsText({ hotKeys }))
    const lines = report.split('\n').slice(-5)
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['thread', 'share of its operations', 'bytes', 'hottest keys'],
      ['0', '50.00%', '3', '/wBB (Base64)'],
      ['1', '50.00%', '3', '/wBB (Base64)'],
      ['0', '25.00%', '10', '\\u{1b}[2J\\u{202e}evil\\u{a}'],
      ['1', '25.00%', '10', '\\u{1b}[2J\\u{202e}evil\\u{a}'],
    ])
  })
})

it('readiness is one word, or the reasons', () => {
  expect(reportOf('ready', '{"isReady":true,"reasons":[]}')).toBe('ready')
  expect(reportOf('ready', '{"isReady":false,"reasons":["a","b"]}')).toBe('not ready\n  a\n  b')
})

it('a topology has a line for every node', () => {
  const { topology } = createLocalServer({ threads: 2 })
  expect(reportOf('reload', JSON.stringify(topology)).split('\n')).toEqual([
    'topology 1',
    ' node   host  ports  shards',
    'local  local    1 2  2',
  ])
})

it.each(['', '{}', '[]', '<html>', '{"node":"n"}'])('%j is no answer', (text) => {
  expect(() => reportOf('stats', text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
})
