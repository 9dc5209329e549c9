/** Names, labels and annotations, as a Kubernetes API server accepts them. */
import { parseApiVersion } from '../kinds/api-version.js'
import { clip } from '../model/clip.js'
import { isDnsSubdomain } from '../model/host-format.js'
import { formatRules } from '../model/string-format.js'
import type { KubernetesObject } from '../resource.js'
import type { FaultList } from '../validate/fault.js'
import { error, within } from './reporter.js'

const lowerLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const serviceName = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** RBAC names are path segments, so they may hold `:`. */
const freelyNamed = new Set(['rbac.authorization.k8s.io'])

const unnamedGroups = new Set(['authentication.k8s.io', 'install.istio.io'])

export function checkMetadata(resource: KubernetesObject, faults: FaultList): void {
  // Kinds of the API itself, such as TokenReview, are answered and never stored; an installation is a file.
  if (unnamedGroups.has(parseApiVersion(resource.apiVersion).group)) return
  within(faults, ['metadata'], () => {
    checkName(resource, faults)
    checkLabels(resource.metadata?.labels, 'labels', faults)
    for (const key of Object.keys(resource.metadata?.annotations ?? {})) checkKey(key, ['annotations', key], faults)
    checkIstioAnnotations(resource, faults)
  })
}

function checkName(resource: KubernetesObject, faults: FaultList): void {
  const { name, generateName, namespace } = resource.metadata ?? {}
  if (name === undefined || name === null || name === '') {
    if (!generateName) error(faults, 'missing-field', ['name'], 'The resource needs a name.', { part: 'key', expected: 'a name' })
  } else if (!isName(resource, name)) {
    const expected = nameRule(resource)
    error(faults, 'bad-name', ['name'], `"${clip(name)}" cannot be the name of a ${resource.kind}; expected ${expected}.`, {
      expected,
      ...suggestName(resource, name),
    })
  }
  if (namespace !== undefined && namespace !== null && namespace !== '' && !lowerLabel.test(namespace)) {
    error(
      faults,
      'bad-name',
      ['namespace'],
      `"${clip(namespace)}" cannot be the name of a namespace; expected lower-case letters, digits and "-".`,
      {
        expected: 'lower-case letters, digits and "-"',
      },
    )
  }
}

function suggestName(resource: KubernetesObject, name: string): { suggestion?: string } {
  const folded = name.toLowerCase().replaceAll(/[_ ]/g, '-')
  return isName(resource, folded) ? { suggestion: folded } : {}
}

function isName(resource: KubernetesObject, name: string): boolean {
  if (freelyNamed.has(parseApiVersion(resource.apiVersion).group)) return !/[/%]/.test(name) && name !== '.' && name !== '..'
  if (resource.kind === 'Namespace') return lowerLabel.test(name)
  if (resource.kind === 'Service') return serviceName.test(name)
  return isDnsSubdomain(name)
}

function nameRule(resource: KubernetesObject): string {
  if (resource.kind === 'Service') return 'at most 63 lower-case letters, digits and "-", beginning with a letter'
  return resource.kind === 'Namespace' ? 'at most 63 lower-case letters, digits and "-"' : 'lower-case letters, digits, "-" and "."'
}

/** Labels of an object or of a Pod template. */
export function checkLabels(labels: Readonly<Record<string, string>> | undefined | null, name: string, faults: FaultList): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    checkKey(key, [name, key], faults)
    const problem = value === null ? undefined : formatRules['label-value'].check(value)
    if (problem !== undefined) error(faults, 'bad-label', [name, key], `${problem}; expected ${formatRules['label-value'].expected}.`)
  }
}

function checkKey(key: string, below: readonly string[], faults: FaultList): void {
  const problem = formatRules['label-key'].check(key)
  if (problem !== undefined)
    error(faults, 'bad-label', below, `${problem}; expected ${formatRules['label-key'].expected}.`, { part: 'key' })
}

/** Istio writes these itself and refuses them from outside. */
const internalAnnotations = ['internal.istio.io/webhook-always-reject', 'internal.istio.io/parents', 'internal.istio.io/parent-namespace']
const dryRun = 'istio.io/dry-run'

function checkIstioAnnotations({ apiVersion, kind, metadata, spec }: KubernetesObject, faults: FaultList): void {
  const { annotations } = metadata ?? {}
  if (!annotations || !parseApiVersion(apiVersion).group.endsWith('.istio.io')) return
  for (const name of internalAnnotations) {
    if (Object.hasOwn(annotations, name))
      error(faults, 'internal-annotation', ['annotations', name], `"${name}" is written by Istio itself; remove it.`, { part: 'key' })
  }
  const value = annotations[dryRun]
  if (value === undefined || value === null) return
  const { action = 'ALLOW' } = (spec ?? {}) as { readonly action?: unknown }
  if (kind !== 'AuthorizationPolicy' || action === 'AUDIT' || action === 'CUSTOM')
    error(faults, 'dry-run', ['annotations', dryRun], `"${dryRun}" is for an AuthorizationPolicy with action ALLOW or DENY only.`, {
      part: 'key',
    })
  if (!['true', 'false', '1', '0', 't', 'f', 'T', 'F', 'TRUE', 'FALSE', 'True', 'False'].includes(value))
    error(faults, 'dry-run', ['annotations', dryRun], `"${clip(value)}" is neither true nor false.`, { expected: '"true" or "false"' })
}
