/** Workloads as a control plane would observe them: each has acknowledged some bundle. */
import type { Ca, Rotation, WorkloadTrust } from '../../src/index.js'

export interface Workloads {
  readonly list: WorkloadTrust[]
  /** Everybody, or the named ones, acknowledge the bundle as it is now. */
  acknowledge(...ids: readonly string[]): void
}

export function observed(ca: Ca, ids: readonly string[]): Workloads {
  const list: WorkloadTrust[] = ids.map((id) => ({ id, bundleFingerprint: ca.bundle().fingerprint }))
  rotationOf(ca).observe(() => list)
  return {
    list,
    acknowledge(...some) {
      for (const [index, { id }] of list.entries())
        if (some.length === 0 || some.includes(id)) list[index] = { id, bundleFingerprint: ca.bundle().fingerprint }
    },
  }
}

export function rotationOf(ca: Ca): Rotation {
  if (!ca.rotation) throw new Error('the authority has no rotation')
  return ca.rotation
}

/** Lets promises settle that a timer of the fake clock began. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
