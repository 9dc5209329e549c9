/**
 * A disk that takes nothing more while a mesh runs: what failed is told once in a sentence, and the mesh goes on, because
 * ending it would cost more than the write that was lost. Other faults end the process as they would have.
 */
import { diskFaultOf } from '../command/disk-fault.js'

export interface DiskFaults {
  /** The first that was met. */
  readonly first: () => Error | undefined
  /** For a failure that somebody has caught. */
  readonly note: (error: unknown) => void
  /** Ends the watching. */
  readonly close: () => void
}

/** @param onFirst called once. */
export function watchDiskFaults(onFirst: (error: Error) => void): DiskFaults {
  let first: Error | undefined
  const note = (error: unknown): boolean => {
    const fault = diskFaultOf(error)
    if (fault !== undefined && first === undefined) onFirst((first = fault))
    return fault !== undefined
  }
  const onUncaught = (error: unknown): void => {
    if (note(error)) return
    process.off('uncaughtException', onUncaught)
    // Thrown from here Node would give it another exit code.
    queueMicrotask(() => {
      throw error
    })
  }
  process.on('uncaughtException', onUncaught)
  return { first: () => first, note: (error) => void note(error), close: () => void process.off('uncaughtException', onUncaught) }
}
