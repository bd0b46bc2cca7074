// Words of a POSIX shell: commands for remote hosts, which their shells read, and those that the user gives as one option.

import { SluiceError } from '../../util/errors.ts'

/** Characters that no shell reads as anything else. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/

/** The word so that a POSIX shell reads exactly it. */
export function quoteWord(word: string): string {
  // Nothing is special between single quotes; a single quote itself ends them, and stands between two pairs.
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Words of a command as a shell would split it, quotes and backslashes included; nothing is expanded. */
export function splitWords(command: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < command.length; at++) {
    const char = command[at] as string
    if (char === '\\' && quote !== "'" && at + 1 < command.length) {
      word = (word ?? '') + command[++at]
    } else if (char === quote) {
      quote = ''
    } else if (quote === '' && (char === "'" || char === '"')) {
      quote = char
      word ??= ''
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote !== '') throw new SluiceError('INVALID_ARGUMENT', `a quote is not closed in ${command}`)
  if (word !== undefined) words.push(word)
  return words
}
