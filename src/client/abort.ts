import { setMaxListeners } from 'node:events'

/**
 * Calls back when the signal aborts, until the returned function is called, which every caller does in the end. So one
 * signal may bound any number of calls and connections, and Node's warning of leaked listeners would be a false one.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {}
  setMaxListeners(0, signal)
  // A function of its own: the signal would take the same one only once.
  const listener = (): void => callback()
  signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}
