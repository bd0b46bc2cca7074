import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { historyBytes, parseOperations } from '../../test/support/history-text.ts'
import { verifyCommand } from './verify.ts'

let folder = ''
let lines: string[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-verify-'))
  lines = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  process.exitCode = 0
  vi.restoreAllMocks()
})

function fileOf(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, historyBytes(parseOperations(text)))
  return file
}

/** The exit code. */
async function verify(...args: string[]): Promise<unknown> {
  process.exitCode = undefined
  await verifyCommand().exitOverride().parseAsync(args, { from: 'user' })
  return process.exitCode
}

const STALE = `
  0-1000 write 1 #1
  1500-4000 write 2 #1
  2000-3000 read 2 #2
  3500-3600 read 1 #3
  5000- write 3 #2
`

describe('sluice verify', () => {
  it('passes a history, and says what it exercised', async () => {
    expect(await verify(fileOf('a', '0-10 write 1\n5-20 read 1\n30- write 2\n40-50 read none @b'))).toBe(0)
    expect(lines).toEqual([
      '4 operations, 2 keys, 4 clients',
      'done 2, unmet 1, unknown 1, not done 0, wipes 0',
      'greatest concurrency on one key: 2',
      'judged by zones 2 keys, by search 0; 0 versions compared',
      'LINEARIZABLE',
    ])
  })

  it('says when nothing overlapped', async () => {
    expect(await verify(fileOf('a', '0-1 write 1\n2-3 read 1'))).toBe(0)
    expect(lines.join('\n')).toContain('this history proves nothing about concurrency')
  })

  it('takes several files as one run', async () => {
    const written = fileOf('a', '0-1 write 1 #1')
    expect(await verify(written, fileOf('b', '2-3 read 1 #1'))).toBe(0)
    expect(lines[0]).toBe('2 operations, 1 keys, 2 clients')
    expect(await verify(fileOf('b', '2-3 read 1 #1'))).toBe(1)
  })

  it('draws what is not linearizable, as text, page and data', async () => {
    const [html, json] = [join(folder, 'page.html'), join(folder, 'verdict.json')]
    expect(await verify(fileOf('<a&b>', STALE), '--html', html, '--json', json)).toBe(1)
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "5 operations, 1 keys, 3 clients
      done 4, unmet 0, unknown 1, not done 0, wipes 0
      greatest concurrency on one key: 2
      judged by zones 1 keys, by search 0; 0 versions compared
      NOT LINEARIZABLE: 1 keys

      key "k", 4 of 5 operations; found by zones:
      value-inside-another: A value came and went while another one stayed.

        client 0  [1---][2--------------->
        client 1           [3---]
        client 2                 [4---]

         1  client 0  write 1: done  (us 0.000 to 1.000)
         2  client 0  write 2: unknown  (us 1.500 to never)
         3  client 1  read: 2  (us 2.000 to 3.000)
         4  client 2  read: 1  (us 3.500 to 3.600)"
    `)
    const page = readFileSync(html, 'utf8')
    expect(page).toContain('&lt;a&amp;b&gt;: NOT')
    expect(page).not.toContain('<a&b>')
    expect(page).not.toMatch(/<script|https?:/)
    expect(page.match(/<rect /g)).toHaveLength(4)
    const verdict: unknown = JSON.parse(readFileSync(json, 'utf8'))
    expect(verdict).toMatchObject({
      format: 'sluice-verdict',
      outcome: 'NOT',
      violations: [
        { rule: 'value-inside-another', operations: [{ text: 'write 1: done', invokedNs: '0' }, {}, {}, {}] },
      ],
    })
  })

  it('is never sure when the time is over', async () => {
    const operations = Array.from({ length: 40 }, (_, at) => `${at}-${at + 20} delete none\n${at}-${at + 30} add ${at}`)
    expect(await verify(fileOf('a', operations.join('\n')), '--time-limit', '0')).toBe(3)
    expect(lines.at(-1)).toBe('UNKNOWN; 1 keys could not be judged in the time and memory given')
  })

  it('names a file that it cannot read or take', async () => {
    const file = join(folder, 'none')
    await expect(verify(file)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(verify(file)).rejects.toThrow(`${file}: ENOENT`)
    writeFileSync(file, 'SLUICEHI')
    await expect(verify(file)).rejects.toThrow(`${file}: the file is cut off`)
    const good = fileOf('a', '0-1 write 1')
    await expect(verify(good, '--html', folder)).rejects.toThrow(`${folder} cannot be written`)
    await expect(verify(good, '--time-limit', 'soon')).rejects.toMatchObject({ code: 'commander.invalidArgument' })
  })
})
