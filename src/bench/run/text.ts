// Numbers and errors as a reader likes them.

/** `12,345,678`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 thread`, `12 threads`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** Operations per second with a unit of fitting size. */
export function rateOf(opsPerSecond: number): { readonly value: string; readonly unit: string } {
  if (opsPerSecond >= 1e6) return { value: (opsPerSecond / 1e6).toFixed(2), unit: 'M ops/s' }
  if (opsPerSecond >= 1e4) return { value: (opsPerSecond / 1e3).toFixed(1), unit: 'k ops/s' }
  return { value: grouped(Math.round(opsPerSecond)), unit: 'ops/s' }
}

/** Bytes in binary units. */
export function sizeOf(bytes: number): string {
  const mib = bytes / 1024 / 1024
  return mib >= 10_000 ? `${(mib / 1024).toFixed(1)} GiB` : `${mib.toFixed(1)} MiB`
}

/** What went wrong, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
