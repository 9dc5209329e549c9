/** Rules of what a Gateway API route is attached to, and of where it sends traffic. */
import type { BackendObjectReference, ParentReference } from '../../gen/gateway-api-types.js'
import { isIpAddress } from '../../model/host-format.js'
import { clip } from '../../model/clip.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error, within } from '../reporter.js'

/** Two references to one parent must name different parts of it. */
export function checkParents(parents: readonly ParentReference[] | undefined, faults: FaultList): void {
  const seen = new Map<string, { readonly parent: ParentReference; readonly at: number }>()
  eachOf(faults, 'parentRefs', parents, (parent, index) => {
    const identity = identityOf(parent)
    const first = seen.get(identity)
    if (first === undefined) seen.set(identity, { parent, at: index })
    else checkParts(first.parent, parent, faults, first.at, index)
  })
}

function identityOf({ group = 'gateway.networking.k8s.io', kind = 'Gateway', namespace = '', name }: ParentReference): string {
  return JSON.stringify([group, kind, namespace, name])
}

function checkParts(first: ParentReference, second: ParentReference, faults: FaultList, at: number, index: number): void {
  const isWhole = ({ sectionName = '', port }: ParentReference): boolean => sectionName === '' && port === undefined
  const related = [{ path: [...faults.path.slice(0, -1), at], message: 'The other reference to it.' }]
  if (isWhole(first) || isWhole(second))
    error(faults, 'route/parent-part', [], `Entries ${at} and ${index} refer to the same parent; each must name a sectionName or a port.`, {
      related,
    })
  else if ((first.sectionName ?? '') === (second.sectionName ?? '') && first.port === second.port)
    error(faults, 'route/parent-part', [], 'The same part of the same parent stands twice.', { related })
}

export function checkHostnames(hostnames: readonly string[] | undefined, faults: FaultList): void {
  eachOf(faults, 'hostnames', hostnames, (hostname) => {
    if (isIpAddress(hostname))
      error(faults, 'bad-host', [], `"${clip(hostname)}" is an address; a hostname is a name.`, { expected: 'a host name' })
  })
}

/** A Service needs its port, since only the port says where requests go. */
export function checkBackend(backend: BackendObjectReference | undefined, faults: FaultList): void {
  if (backend === undefined) return
  const { group = '', kind = 'Service', port } = backend
  if (group === '' && kind === 'Service' && port === undefined)
    error(faults, 'route/backend-port', ['port'], 'A Service as backend needs its port.', {
      part: 'key',
      expected: 'a port number of the Service',
    })
}

export function checkBackends<T extends BackendObjectReference>(
  backends: readonly T[] | undefined,
  faults: FaultList,
  check: (backend: T) => void = () => undefined,
): void {
  eachOf(faults, 'backendRefs', backends, (backend) => {
    checkBackend(backend, faults)
    check(backend)
  })
}

const lastMatch = 128

/** @param counts matches of each rule. */
export function checkMatchCount(counts: readonly number[], faults: FaultList): void {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total >= lastMatch)
    within(faults, ['rules'], () =>
      error(faults, 'route/too-many-matches', [], `The rules have ${total} matches together; fewer than ${lastMatch} are allowed.`, {
        part: 'key',
      }),
    )
}

export function checkRuleNames(rules: readonly { readonly name?: string }[] | undefined, faults: FaultList): void {
  const seen = new Map<string, number>()
  rules?.forEach(({ name }, index) => {
    if (name === undefined) return
    const first = seen.get(name)
    if (first !== undefined)
      error(faults, 'route/duplicate-rule-name', ['rules', index, 'name'], `The rule name "${clip(name)}" stands twice.`, {
        related: [{ path: [...faults.path, 'rules', first, 'name'], message: 'Its first place.' }],
      })
    seen.set(name, first ?? index)
  })
}
