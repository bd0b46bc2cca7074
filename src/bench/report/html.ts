// Text in HTML.

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as content or as a quoted attribute. */
export function escaped(text: string): string {
  return withoutControls(text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? ''))
}

/** Control characters, which HTML cannot hold, become U+FFFD. */
export function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd')
}
