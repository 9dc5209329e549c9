/** Where a Service leads, port by port, as kubectl's describe shows it: the ready addresses of its EndpointSlices. */
import type { KubernetesObject } from '@heddle/client/resources'

interface SliceView {
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[]
  readonly endpoints?: readonly { readonly addresses?: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[]
}

/** More are only counted. */
const shownAddresses = 3

/** A line a port; one line with `<none>` when nothing is ready. */
export function describeEndpoints(slices: readonly KubernetesObject[]): string {
  const byPort = new Map<string, Set<string>>()
  for (const slice of slices as unknown as readonly SliceView[])
    for (const { name = '', port } of slice.ports ?? []) {
      const addresses = byPort.get(name) ?? new Set()
      byPort.set(name, addresses)
      for (const address of readyAddresses(slice)) addresses.add(port === undefined ? address : hostPort(address, port))
    }
  const lines = [...byPort].filter(([, addresses]) => addresses.size > 0).map(([name, addresses]) => lineOf(name, [...addresses].sort()))
  return lines.length === 0 ? lineOf('', []) : lines.join('')
}

/** Ready unless the condition says otherwise (EndpointConditions of discovery.k8s.io/v1: unknown counts as ready). */
function readyAddresses({ endpoints = [] }: SliceView): readonly string[] {
  return endpoints.filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses = [] }) => addresses)
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function lineOf(port: string, addresses: readonly string[]): string {
  const more = addresses.length > shownAddresses ? ` + ${addresses.length - shownAddresses} more` : ''
  const text = addresses.length === 0 ? '<none>' : `${addresses.slice(0, shownAddresses).join(',')}${more}`
  return `${'Endpoints:'.padEnd(17)}${text}${port === '' ? '' : `   (${port})`}\n`
}
