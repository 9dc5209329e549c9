/** What a test opens and does not close itself: closed when the test is over, the last one first. */
import { afterEach } from 'vitest'

interface Closable {
  close(): unknown
}
export type Keep = <T extends Closable>(thing: T) => T

/** For the head of a test file, or of a `describe`. @returns a function that takes what was opened, and hands it back. */
export function keepOpen(): Keep {
  const open: Closable[] = []
  afterEach(async () => {
    for (const thing of open.splice(0).toReversed()) await thing.close()
  })
  return (thing) => {
    open.push(thing)
    return thing
  }
}
