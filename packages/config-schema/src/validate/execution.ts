/**
 * What Heddle's own mesh does with resources that are valid for Istio. A kind that is checked and not executed yet is accepted
 * with a warning; what would protect something and is not enforced is refused, since a policy that silently does nothing is
 * worse than an error. Asked for by `target: 'heddle'`; `docs/compatibility.md` is written from it.
 */
import type { KubernetesObject } from '../resource.js'
import { kindExecution } from '../kinds/kind-execution.js'
import type { Fault, FaultList } from './fault.js'
import { error, warning, within } from '../rules/reporter.js'

interface Reading {
  readonly phase?: unknown
  readonly configPatches?: readonly { readonly patch?: { readonly filterClass?: unknown } }[]
  readonly servers?: readonly { readonly tls?: Readonly<Record<string, readonly unknown[] | undefined>> }[]
}

/** @param resource one in which no value has the wrong type. */
export function executionFaults(resource: KubernetesObject, notEnforced: 'refuse' | 'warn' = 'refuse'): readonly Fault[] {
  const faults = findExecutionFaults(resource)
  return notEnforced === 'refuse' ? faults : faults.map((fault) => ({ ...fault, severity: 'warning' }))
}

function findExecutionFaults(resource: KubernetesObject): readonly Fault[] {
  const list: FaultList = { faults: [], path: [] }
  const { outcome, reason } = kindExecution(resource.apiVersion, resource.kind)
  const spec = (resource.spec ?? {}) as Reading
  if (outcome === 'refused')
    error(
      list,
      'not-enforced',
      ['kind'],
      `${resource.kind} is not enforced by this mesh (Heddle's own, not Istio), which refuses it: ${reason}.`,
    )
  else if (protects(spec))
    error(
      list,
      'not-enforced',
      ['kind'],
      `This ${resource.kind} is part of authentication or authorization, which this mesh (Heddle's own, not Istio) does not execute and so refuses.`,
    )
  else if (outcome === 'accepted') warning(list, 'not-executed', ['kind'], `Accepted, not yet executed by this mesh: ${reason}.`)
  if (resource.kind === 'Gateway') checkPins(spec, list)
  return list.faults
}

/** Extensions in the phases that let people in or keep them out. */
function protects({ phase, configPatches }: Reading): boolean {
  const phases = [phase, ...(configPatches ?? []).map(({ patch }) => patch?.filterClass)]
  return phases.some((name) => name === 'AUTHN' || name === 'AUTHZ')
}

/** Going on without pins would let in clients that were to be kept out. */
function checkPins({ servers = [] }: Reading, list: FaultList): void {
  servers.forEach(({ tls }, index) => {
    within(list, ['spec', 'servers', index, 'tls'], () => {
      for (const name of ['verifyCertificateSpki', 'verifyCertificateHash']) {
        if ((tls?.[name]?.length ?? 0) === 0) continue
        const message = `"${name}" is not implemented: clients whose certificates are not in the list would be let in. Remove it; subjectAltNames limits clients by name.`
        error(list, 'not-enforced', [name], message, { part: 'key' })
      }
    })
  })
}
