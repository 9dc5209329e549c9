/**
 * The one exception of the readers. It never leaves the package: every public parse function turns it into
 * `{ ok: false, reason }`, so hostile bytes are an expected outcome and programming errors still throw.
 */

class DerFault extends Error {}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

export function refuse(reason: string): never {
  throw new DerFault(reason)
}

export function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read() }
  } catch (fault) {
    if (fault instanceof DerFault) return { ok: false, reason: fault.message }
    throw fault
  }
}
