// What a report says, as plain data: it knows of no benchmark, and nothing of how it is shown. Every kind of benchmark
// fills one of these; `write-report.ts` makes it a folder.

/** A report. */
export interface Report {
  readonly title: string
  /** When it was measured, milliseconds since 1970. */
  readonly createdAtMs: number
  /** The figures to remember, shown large at the top; a handful at most. */
  readonly highlights: readonly Fact[]
  readonly sections: readonly Section[]
  /** Where it was measured. */
  readonly environment: readonly Fact[]
  /** What to type to measure it again. */
  readonly commands: readonly string[]
}

/** A name, a value as shown, and what the reader should know of it. */
export interface Fact {
  readonly name: string
  readonly value: string
  readonly note?: string
}

/** A chapter. Its notes come first, then charts, then tables. */
export interface Section {
  /**
   * Kebab-case and unique, as all identifiers: anchors and names of files are made of them. `environment`, `commands`
   * and `top` are taken.
   */
  readonly id: string
  readonly title: string
  /** Paragraphs of plain text. */
  readonly notes: readonly string[]
  readonly charts: readonly Chart[]
  readonly tables: readonly Table[]
}

export interface Table {
  readonly id: string
  readonly title: string
  readonly columns: readonly Column[]
  /** As many cells in each as there are columns. The first cell names the row. */
  readonly rows: readonly (readonly Cell[])[]
}

export interface Column {
  readonly name: string
  readonly unit?: string
  /** `right` for numbers, so that digits stand below each other. */
  readonly align: 'left' | 'right'
}

export interface Cell {
  /** As CSV and JSON have it: not rounded for reading; null where nothing was measured. */
  readonly value: number | string | null
  /** As shown. */
  readonly text: string
  /** A judgement: shown by colour and by a mark. */
  readonly tone?: 'good' | 'bad'
}

export interface Chart {
  readonly id: string
  readonly title: string
  /** `bars` lie, so that long names have room. The spread is drawn as a band around lines, as whiskers on bars. */
  readonly kind: 'line' | 'bars'
  readonly xName: string
  readonly xUnit?: string
  readonly yName: string
  readonly yUnit?: string
  /** Whether the values of x are names side by side, in order of appearance; else they are numbers on a scale. */
  readonly xIsCategory: boolean
  /** Lines only, for values of several magnitudes; those that are not positive are not drawn. */
  readonly yIsLogarithmic?: boolean
  readonly series: readonly Series[]
}

/** What has one colour. Its points have no x twice, and are in the order of x. */
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}

/** Figures are shown as they are: whoever measured rounds them. */
export interface Point {
  readonly x: number | string
  /** Null where nothing was measured: a gap. */
  readonly y: number | null
  /** The spread, over runs for example. */
  readonly least?: number
  readonly most?: number
}
