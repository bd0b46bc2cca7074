// A benchmark's output that keeps what it is told. Styles are spelled out.

import type { BenchOutput, TextStyle } from '../../src/bench/run/output.ts'

export class OutputRecorder implements BenchOutput {
  readonly liveIntervalMs: number
  readonly hasBar: boolean
  readonly lines: string[] = []
  readonly lives: string[] = []

  constructor(liveIntervalMs = 1_000, hasBar = false) {
    this.liveIntervalMs = liveIntervalMs
    this.hasBar = hasBar
  }

  line(text: string): void {
    this.lines.push(text)
  }

  live(text: string): void {
    this.lives.push(text)
  }

  styled(style: TextStyle, text: string): string {
    return style === 'bad' ? `bad(${text})` : text
  }
}
