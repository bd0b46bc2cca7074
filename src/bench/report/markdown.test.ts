import { expect, it } from 'vitest'
import { markdownOf } from './markdown.ts'
import type { Report } from './model.ts'

const REPORT: Report = {
  title: 'A | B *bold* <script>',
  createdAtMs: 1_785_074_700_000,
  highlights: [{ name: 'Rate', value: '19.4 M', note: 'of `x`' }],
  sections: [
    {
      id: 's',
      title: '1. First\nsecond',
      notes: ['- no list', '# no heading'],
      charts: [
        {
          id: 'c',
          title: 'Chart',
          kind: 'bars',
          xName: 'Size',
          yName: 'Rate',
          yUnit: 'ops/s',
          xIsCategory: true,
          series: [{ name: 'a|b', points: [{ x: '2|4', y: 1_234_567.5, least: 1, most: 2 }] }],
        },
      ],
      tables: [
        {
          id: 't',
          title: 'Table',
          columns: [
            { name: 'Name', align: 'left' },
            { name: 'p99', unit: 'ms', align: 'right' },
          ],
          rows: [
            [
              { value: 'x\\|y\r\nz', text: 'x\\|y\r\nz' },
              { value: 4.31, text: '4.31', tone: 'bad' },
            ],
          ],
        },
      ],
    },
  ],
  environment: [{ name: 'Node.js', value: 'v20' }],
  commands: ['sluice bench', 'echo ```'],
}

it('writes text as text, charts as tables and commands as code', () => {
  expect(markdownOf(REPORT)).toBe(`# A \\| B \\*bold\\* &lt;script&gt;

26 July 2026 at 14:05 UTC

- Rate: **19.4 M** (of \\\`x\\\`)

## 1\\. First second

\\- no list

\\# no heading

### Chart

| Size | a\\|b (ops/s) | a\\|b, least (ops/s) | a\\|b, most (ops/s) |
| :--- | ---: | ---: | ---: |
| 2\\|4 | 1,234,567.5 | 1 | 2 |

### Table

| Name | p99 (ms) |
| :--- | ---: |
| x\\\\\\|y z | ! 4.31 |

## Environment

- Node.js: **v20**

## Commands

\`\`\`\`sh
sluice bench
echo \`\`\`
\`\`\`\`
`)
})
