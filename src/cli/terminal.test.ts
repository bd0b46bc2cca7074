import { describe, expect, it } from 'vitest'
import { Terminal } from './terminal.ts'

class Screen {
  readonly columns = 20
  readonly isTTY: boolean
  written = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.written += text
  }
}

const CLEAR = '\r\u001b[2K'

describe('on a terminal', () => {
  it('the live line is rewritten in place, and gives way to lines that stay', () => {
    const screen = new Screen(true)
    const terminal = new Terminal(screen)
    terminal.line('start')
    terminal.live('one')
    terminal.live('two')
    terminal.line('done')
    terminal.line('end')
    expect(screen.written).toBe(`start\n${CLEAR}one${CLEAR}two${CLEAR}done\nend\n`)
    expect([terminal.liveIntervalMs, terminal.hasBar]).toEqual([1_000, true])
  })

  it('the live line is cut before it wraps', () => {
    const screen = new Screen(true)
    new Terminal(screen).live('x'.repeat(30))
    expect(screen.written).toBe(CLEAR + 'x'.repeat(19))
  })

  it('a style does not count as width, and is not cut in two', () => {
    const screen = new Screen(true)
    const terminal = new Terminal(screen)
    terminal.live(terminal.styled('bad', 'x'.repeat(19)))
    terminal.live(terminal.styled('bad', 'x'.repeat(20)))
    expect(screen.written).toBe(`${CLEAR}\u001b[31m${'x'.repeat(19)}\u001b[0m${CLEAR}${'x'.repeat(19)}`)
  })

  it('there are colours unless they are not wanted', () => {
    expect(new Terminal(new Screen(true)).styled('bad', 'wrong')).toBe('\u001b[31mwrong\u001b[0m')
    expect(new Terminal(new Screen(true)).styled('faint', '')).toBe('')
    expect(new Terminal(new Screen(true), { noColour: true }).styled('bad', 'wrong')).toBe('wrong')
  })
})

describe.each([true, false])('without live lines (terminal: %s)', (isTTY) => {
  it('only those are written that stay', () => {
    const screen = new Screen(isTTY)
    const terminal = new Terminal(screen, { noLive: true })
    terminal.live('one')
    terminal.line('done')
    terminal.live('two')
    expect(screen.written).toBe('done\n')
  })
})

describe('off a terminal', () => {
  it('nothing is rewritten, lines come seldom, and there are no colours', () => {
    const screen = new Screen(false)
    const terminal = new Terminal(screen)
    terminal.live('one')
    terminal.live('two')
    terminal.line(terminal.styled('good', 'done'))
    expect(screen.written).toBe('one\ntwo\ndone\n')
    expect([terminal.liveIntervalMs, terminal.hasBar]).toEqual([5_000, false])
  })
})
