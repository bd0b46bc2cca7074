// Certificates for tests, made by the openssl command: an authority, and what it signs.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireDebianPackage } from './debian-package.ts'

/** A certificate and its key as PEM text, and the files that hold them. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

/** Signs certificates for `localhost` and 127.0.0.1. Owned by the test, which calls `remove`. */
export class Authority {
  readonly ca: string
  readonly caFile: string
  readonly #folder: string
  #count = 0

  constructor() {
    requireDebianPackage('openssl', 'version')
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'))
    this.caFile = join(this.#folder, 'ca.pem')
    const keyFile = join(this.#folder, 'ca-key.pem')
    this.#run(['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=test', '-keyout', keyFile, '-out', this.caFile])
    this.ca = readFileSync(this.caFile, 'utf8')
  }

  issue(): Certificate {
    const name = `leaf-${++this.#count}`
    const [keyFile, requestFile, certFile, extensionFile] = ['key', 'request', 'cert', 'extension'].map((part) =>
      join(this.#folder, `${name}-${part}.pem`),
    ) as [string, string, string, string]
    writeFileSync(extensionFile, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    this.#run(['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', requestFile])
    const signer = ['-CA', this.caFile, '-CAkey', join(this.#folder, 'ca-key.pem'), '-CAcreateserial']
    this.#run([
      'x509',
      '-req',
      '-in',
      requestFile,
      ...signer,
      '-days',
      '2',
      '-extfile',
      extensionFile,
      '-out',
      certFile,
    ])
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #run(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' })
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
