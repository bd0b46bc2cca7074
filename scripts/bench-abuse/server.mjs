// A server in a process of its own, so that its memory and its threads are nobody else's. Its parent asks with 'report';
// it ends when its parent lets go of it.

import { startServer } from '../../dist/server/index.js'

/**
 * @typedef {object} ServerReport
 * @property {import('../../dist/server/index.js').ThreadStats[]} stats
 * @property {number} rssBytesMax the most resident memory so far
 * @property {string[]} closings why connections were closed for their peer's fault
 */

/** @type {string[]} */
const closings = []
const server = await startServer({
  ...JSON.parse(process.argv[2] ?? '{}'),
  logger: {
    info: () => {},
    warn: (/** @type {{ code?: string }} */ { code }) => closings.push(String(code)),
    error: (/** @type {object} */ _, /** @type {string} */ message) => console.error(message),
  },
})
process.on('message', async () => {
  const rssBytesMax = process.resourceUsage().maxRSS * 1_024
  process.send?.({ stats: await server.stats(), rssBytesMax, closings })
})
process.once('disconnect', () => server.destroy())
process.send?.({ address: server.address, topology: server.topology })
