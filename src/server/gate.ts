// Who may enter: whoever knows the password. It is compared as a digest, which takes the same time for every guess, and
// is not kept.

import { createHash, timingSafeEqual } from 'node:crypto'

/** The password of a server, or its lack. */
export class Gate {
  readonly #digest: Uint8Array | undefined

  /** @param password Text; undefined admits everybody. */
  constructor(password: string | undefined) {
    this.#digest = password === undefined ? undefined : digestOf(password)
  }

  /** Whether the credentials are the password. Where there is none, any are: a client may not know that. */
  admits(credentials: Uint8Array): boolean {
    return this.#digest === undefined || timingSafeEqual(digestOf(credentials), this.#digest)
  }
}

function digestOf(secret: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
