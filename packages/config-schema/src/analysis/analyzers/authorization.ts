/** Policies of security that select nothing, name what does not exist, or rest on identities nobody checks (IST0127, IST0101, HED0004, HED0006, HED0009). */
import { nearest } from '@heddle/base'
import type { AuthorizationPolicy, AuthorizationSource } from '../../gen/types.js'
import type { FieldPath } from '../../path.js'
import type { Mesh } from '../mesh/mesh.js'
import { labelText, type View } from '../mesh/view.js'
import { mutualTlsMode } from '../mesh/mutual-tls.js'
import type { Workload } from '../mesh/workloads.js'
import { meant, type Report } from '../report.js'

export function analyzeAuthorization(mesh: Mesh, report: Report): void {
  for (const view of mesh.of('AuthorizationPolicy')) {
    const workloads = checkSelector(view, mesh, report)
    view.resource.spec?.rules?.forEach(({ from }, rule) => {
      from?.forEach(({ source }, position) => {
        if (source === undefined) return
        const path = ['spec', 'rules', rule, 'from', position, 'source']
        checkNamespaces(view, source, path, mesh, report)
        checkPrincipals(view, source, path, mesh, report)
        checkIdentity(view, source, path, workloads, mesh, report)
      })
    })
  }
}

function checkSelector(view: View<AuthorizationPolicy>, mesh: Mesh, report: Report): readonly Workload[] {
  const { selector, targetRef, targetRefs = [] } = view.resource.spec ?? {}
  if (targetRef !== undefined || targetRefs.length > 0) return []
  const isMeshWide = view.namespace === mesh.settings.rootNamespace
  const labels = selector?.matchLabels
  const workloads = mesh.selected(labels, isMeshWide ? undefined : view.namespace)
  if (workloads.length > 0 || (mesh.workloads.length === 0 && !mesh.isComplete)) return workloads
  const hasLabels = Object.keys(labels ?? {}).length > 0
  const where = isMeshWide ? 'in the mesh' : `in the namespace ${view.namespace}`
  const message = hasLabels
    ? `No workload ${where} has the labels ${labelText(labels)}, so the policy protects nothing.`
    : `There is no workload ${where}, so the policy protects nothing.`
  report('IST0127', view, hasLabels ? ['spec', 'selector', 'matchLabels'] : [], message)
  return workloads
}

function checkNamespaces(view: View<AuthorizationPolicy>, source: AuthorizationSource, path: FieldPath, mesh: Mesh, report: Report): void {
  if (!mesh.isComplete && mesh.of('Namespace').length === 0) return
  for (const field of ['namespaces', 'notNamespaces'] as const)
    source[field]?.forEach((name, index) => {
      if (matchesAny(name, mesh.namespaces)) return
      const suggestion = nearest(name, mesh.namespaces)
      const at = [...path, field, index]
      report('IST0101', view, at, `There is no namespace "${name}".`, meant(suggestion, at, 'Change the namespace to'))
    })
}

function matchesAny(pattern: string, names: ReadonlySet<string>): boolean {
  if (pattern === '*') return true
  if (pattern.endsWith('*')) return [...names].some((name) => name.startsWith(pattern.slice(0, -1)))
  return pattern.startsWith('*') ? [...names].some((name) => name.endsWith(pattern.slice(1))) : names.has(pattern)
}

const principal = /^[^/]+\/ns\/([^/*]+)\/sa\/([^/*]+)$/

function checkPrincipals(view: View<AuthorizationPolicy>, source: AuthorizationSource, path: FieldPath, mesh: Mesh, report: Report): void {
  const accounts = new Set([
    ...mesh.of('ServiceAccount').map(({ namespace, name }) => `${namespace}/${name}`),
    ...mesh.workloads.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
  ])
  if (accounts.size === 0 && !mesh.isComplete) return
  for (const field of ['principals', 'notPrincipals'] as const)
    source[field]?.forEach((text, index) => {
      const [, namespace = '', account = ''] = principal.exec(text) ?? []
      const isBeyond = !mesh.isComplete && !mesh.namespaces.has(namespace)
      if (account === '' || isBeyond || account === 'default' || accounts.has(`${namespace}/${account}`)) return
      if (!mesh.isComplete && namespace === mesh.settings.rootNamespace) return
      const near = nearest(
        account,
        [...accounts].filter((known) => known.startsWith(`${namespace}/`)).map((known) => known.split('/')[1] ?? ''),
      )
      const suggestion = near === undefined ? undefined : text.replace(/[^/]+$/, near)
      const at = [...path, field, index]
      report(
        'HED0004',
        view,
        at,
        `No workload runs as the service account ${account} of the namespace ${namespace}, and there is no such account.`,
        meant(suggestion, at, 'Change the principal to'),
      )
    })
}

const identityFields = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts', 'trustDomains'] as const

function checkIdentity(
  view: View<AuthorizationPolicy>,
  source: AuthorizationSource,
  path: FieldPath,
  workloads: readonly Workload[],
  mesh: Mesh,
  report: Report,
): void {
  const field = identityFields.find((name) => (source[name]?.length ?? 0) > 0)
  if (field === undefined) return
  for (const workload of workloads) {
    const { mode, view: policy } = mutualTlsMode(workload, mesh)
    if (mode !== 'DISABLE' || policy === undefined) continue
    const message = `The ${field} of a caller are known from mutual TLS only, which is turned off for ${workload.view.kind} ${workload.view.name}: this never matches there.`
    report('HED0006', view, [...path, field], message, {
      related: [{ view: policy, path: ['spec', 'mtls'], message: 'it is turned off here' }],
    })
    return
  }
}
