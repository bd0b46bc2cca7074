// Where a benchmark's words go. The benchmark itself knows no terminal: the command line passes one in.

/** How a piece of text stands out, where the terminal can show it. */
export type TextStyle = 'strong' | 'faint' | 'good' | 'bad'

/** Takes text for a reader. */
export interface BenchOutput {
  /** Milliseconds between two live lines: a second where each replaces the last one, more where they pile up. */
  readonly liveIntervalMs: number
  /** Whether a live line replaces the one before, so that a bar in it seems to grow. */
  readonly hasBar: boolean
  /** Writes lines that stay. */
  line(text: string): void
  /** Shows how a phase goes on. On a terminal the next text of either kind replaces it. */
  live(text: string): void
  /** The text in a style; as it is where there are no styles. */
  styled(style: TextStyle, text: string): string
}

/** Takes text for nobody. */
export const SILENT_OUTPUT: BenchOutput = {
  liveIntervalMs: Number.POSITIVE_INFINITY,
  hasBar: false,
  line: () => {},
  live: () => {},
  styled: (_, text) => text,
}

/** The same output, where each line that stays begins with a label. */
export function labelled(output: BenchOutput, label: string): BenchOutput {
  return {
    liveIntervalMs: output.liveIntervalMs,
    hasBar: output.hasBar,
    line: (text) => output.line(`${label}${text}`),
    live: (text) => output.live(`${label}${text}`),
    styled: (style, text) => output.styled(style, text),
  }
}
