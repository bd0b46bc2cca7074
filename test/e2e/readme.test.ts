// The examples of README.md, run as they stand. Needs `npm run build`.

import { expect, it } from 'vitest'
import { examplesOf, expectExamplesRun } from '../support/document-examples.ts'
import { serveProcess } from '../support/serve-process.ts'

const EXAMPLES = examplesOf('README.md')

it('shows examples that print what they say', async () => {
  expect(EXAMPLES).toHaveLength(4)
  await using server = await serveProcess()
  await expectExamplesRun(EXAMPLES.map((example) => example.replace('127.0.0.1:7070', server.address)))
})
