import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { readAdminToken } from './admin-token.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-token-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

function fileWith(text: string): string {
  const file = join(folder, 'token')
  writeFileSync(file, text)
  return file
}

it('a token is what a file holds, but for its line end', () => {
  for (const end of ['', '\n', '\r\n']) expect(readAdminToken(fileWith(`correct-horse${end}`))).toBe('correct-horse')
})

it('a file goes before the environment, which goes before none', () => {
  vi.stubEnv('SLUICE_ADMIN_TOKEN', undefined)
  expect(readAdminToken(undefined)).toBeUndefined()
  vi.stubEnv('SLUICE_ADMIN_TOKEN', 'of-the-environment')
  expect(readAdminToken(undefined)).toBe('of-the-environment')
  expect(readAdminToken(fileWith('of-the-file'))).toBe('of-the-file')
})

it.each(['', '\n', 'two words', 'two\nlines', 'x'.repeat(5_000)])('%j is no token, and is not repeated', (text) => {
  const refusal = { code: 'INVALID_ARGUMENT', message: expect.not.stringContaining('two') }
  expect(() => readAdminToken(fileWith(text))).toThrow(expect.objectContaining(refusal))
  vi.stubEnv('SLUICE_ADMIN_TOKEN', text)
  expect(() => readAdminToken(undefined)).toThrow(expect.objectContaining(refusal))
})

it('a file that cannot be read is named', () => {
  const absent = join(folder, 'absent')
  const refusal = { code: 'INVALID_ARGUMENT', message: expect.stringContaining(absent) }
  expect(() => readAdminToken(absent)).toThrow(expect.objectContaining(refusal))
})
