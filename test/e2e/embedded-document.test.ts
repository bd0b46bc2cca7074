// The examples of docs/EMBEDDED.md, run as they stand. Needs `npm run build`.

import { expect, it } from 'vitest'
import { examplesOf, expectExamplesRun } from '../support/document-examples.ts'

const EXAMPLES = examplesOf('docs/EMBEDDED.md')

it('shows examples that print what they say', async () => {
  expect(EXAMPLES).toHaveLength(7)
  await expectExamplesRun(EXAMPLES)
})
