import { describe, expect, it } from 'vitest'
import { type ExecuteRun, SiblingPorts, siblingPorts } from './sibling-ports.ts'

/** Three threads' ports, all in this one; each thread answers with its number and what it was sent. */
function openThreads() {
  const all = siblingPorts(3)
  const executed: string[] = []
  const closed = Promise.all(all.flat().map((port) => port && new Promise((resolve) => port.on('close', resolve))))
  const threads = all.map((ports, thread) => {
    const execute: ExecuteRun = ({ bytes, sectionCount, bytesMax }, answer) => {
      executed.push(`${thread}: ${[...bytes]}, ${sectionCount}, ${bytesMax}`)
      answer({ bytes: Uint8Array.of(thread, ...bytes), isFenceRaised: sectionCount === 2 })
    }
    return new SiblingPorts(ports, execute)
  })
  return { threads, executed, closed }
}

function ask(thread: SiblingPorts | undefined, sibling: number, bytes: Uint8Array<ArrayBuffer>, sectionCount = 1) {
  return new Promise((resolve) => {
    thread?.send(sibling, { bytes, sectionCount, bytesMax: 99 }, ({ bytes: reply, isFenceRaised }) =>
      resolve([[...reply], isFenceRaised]),
    )
  })
}

describe('SiblingPorts', () => {
  it('brings a run to its thread and the answer back, in order, and hands the buffers over', async () => {
    const { threads, executed, closed } = openThreads()
    const bytes = Uint8Array.of(7, 8)
    const replies = await Promise.all([
      ask(threads[0], 2, bytes, 2),
      ask(threads[0], 2, Uint8Array.of(9)),
      ask(threads[2], 1, Uint8Array.of()),
    ])
    expect(replies).toEqual([
      [[2, 7, 8], true],
      [[2, 9], false],
      [[1], false],
    ])
    expect(executed.filter((line) => line.startsWith('2'))).toEqual(['2: 7,8, 2, 99', '2: 9, 1, 99'])
    expect(bytes.length).toBe(0)
    for (const thread of threads) thread.finish()
    await closed
  })

  it('goes on answering after it has finished, until its siblings have too', async () => {
    const { threads, closed } = openThreads()
    threads[0]?.finish()
    threads[0]?.finish()
    expect(await ask(threads[1], 0, Uint8Array.of(5))).toEqual([[0, 5], false])
    threads[2]?.finish()
    expect(await ask(threads[1], 2, Uint8Array.of(6))).toEqual([[2, 6], false])
    threads[1]?.finish()
    await closed
  })
})
