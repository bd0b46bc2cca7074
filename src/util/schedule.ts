/** Runs a task later, never at once; tasks run in the order given. */
export type Schedule = (task: () => void) => void

/** The machine's: in the next turn of the event loop. */
export const systemSchedule: Schedule = (task) => void setImmediate(task)
