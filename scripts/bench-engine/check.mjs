/**
 * Throws unless the work that was timed was done.
 * @param {boolean} condition
 * @param {string} message
 * @returns {asserts condition}
 */
export function check(condition, message) {
  if (!condition) throw new Error(`the work was not done: ${message}`)
}
