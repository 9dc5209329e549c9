/** Kubernetes quantities (`100m`, `2`, `128Mi`) as numbers, for `resourceFieldRef`. */
import { availableParallelism, totalmem } from 'node:os'
import type { Container, ResourceFieldReference } from './pod.js'

const suffixes: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** Undefined for a text that is no quantity. */
export function parseQuantity(text: string | number): number | undefined {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/.exec(String(text))
  if (!match) return undefined
  const value = Number(match[1]) * (suffixes[match[2] ?? ''] as number)
  return Number.isFinite(value) ? value : undefined
}

/** The value of a resource divided by the divisor, rounded up; a missing limit is the machine's own size, as in Kubernetes. */
export function resourceValue(container: Container, reference: ResourceFieldReference): string {
  const [kind = '', resource = ''] = reference.resource.split('.')
  const declared = (kind === 'requests' ? container.resources?.requests : container.resources?.limits)?.[resource]
  const value = (declared === undefined ? undefined : parseQuantity(declared)) ?? machineSize(kind, resource)
  const divisor = parseQuantity(reference.divisor ?? 1) || 1
  return String(Math.ceil(value / divisor))
}

function machineSize(kind: string, resource: string): number {
  if (kind === 'requests') return 0
  if (resource === 'cpu') return availableParallelism()
  return resource === 'memory' ? totalmem() : 0
}
