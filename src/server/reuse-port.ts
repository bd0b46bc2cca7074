// Whether several threads can listen on one port, each on a socket of its own, so that the system deals out connections.
// Two threads on one descriptor are no way: closing one of them aborts the process.

/** The first version of Node whose `listen` takes `reusePort`. */
const NODE_VERSION_MIN = [22, 12] as const

/** Whether `listen({ reusePort: true })` works here. */
export function canReusePort(version = process.versions.node, platform: string = process.platform): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [majorMin, minorMin] = NODE_VERSION_MIN
  return platform === 'linux' && (major > majorMin || (major === majorMin && minor >= minorMin))
}
