// What a history can break, in words for people. One table: checkers name the rule, documents and drawings explain it.

/** Every rule and its meaning. */
export const RULES = {
  'never-written': 'A read returned a value that nobody wrote.',
  'read-before-write': 'A read returned a value before the write of it began.',
  'two-values-at-once': 'Two values were each read or written both before and after the other.',
  'value-inside-another': 'A value came and went while another one stayed.',
  'no-order': 'No order of the operations explains all of their replies.',
  'version-of-two-values': 'One version stands for two values.',
  'version-of-two-writes': 'Two acknowledged writes got one version.',
  'version-went-back': 'An operation saw an older version than one that had ended before it began.',
  'write-without-new-version': 'A write got no newer version than an operation that had ended before it began.',
} as const

/** The name of a rule. */
export type Rule = keyof typeof RULES
