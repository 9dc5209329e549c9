/**
 * What translation finds wrong with resources, once for all proxies and pushes: a new problem is logged when it appears and
 * forgotten when a push is over and nobody has it any more. `/debug/issues` shows what there is.
 */
import type { Logger } from '@heddle/base'
import type { ProxyNode, TranslationIssue } from '@heddle/translation'

export interface KnownIssue {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly code: TranslationIssue['code']
  readonly severity: TranslationIssue['severity']
  /** Inside the resource; absent when the resource as a whole is meant. */
  readonly path?: string
  readonly message: string
  /** `NAME.NAMESPACE` of the proxies that it is about, sorted; empty when it does not depend on who looks. */
  readonly proxies: readonly string[]
}

export interface IssueRegistry {
  /** Replaces what is wrong with the model itself. */
  setModel(issues: readonly TranslationIssue[]): void
  /** Replaces what is wrong for one connected proxy. */
  set(proxy: ProxyNode, issues: readonly TranslationIssue[]): void
  forget(proxy: ProxyNode): void
  /** Every proxy was heard since the model changed: what nobody has is forgotten and would be logged again. */
  settle(): void
  /** By resource and path. */
  list(): readonly KnownIssue[]
}

/** Distinct problems that are kept; further ones wait until others are solved. */
const maxIssues = 1000

interface Entry {
  readonly issue: TranslationIssue
  readonly owners: Set<ProxyNode | 'model'>
}

export function createIssueRegistry(logger: Logger): IssueRegistry {
  const entries = new Map<string, Entry>()
  const known = new Map<ProxyNode | 'model', readonly string[]>()

  const replace = (owner: ProxyNode | 'model', issues: readonly TranslationIssue[]): void => {
    for (const key of known.get(owner) ?? []) entries.get(key)?.owners.delete(owner)
    known.delete(owner)
    if (issues.length === 0) return
    const keys = issues.map((issue) => {
      const key = keyOf(issue)
      const entry = entries.get(key)
      if (entry !== undefined) entry.owners.add(owner)
      else if (entries.size < maxIssues) {
        entries.set(key, { issue, owners: new Set([owner]) })
        log(logger, issue)
      }
      return key
    })
    known.set(owner, keys)
  }
  return {
    setModel: (issues) => replace('model', issues),
    set: replace,
    forget: (proxy) => replace(proxy, []),
    settle: () => {
      for (const [key, { owners }] of entries) if (owners.size === 0) entries.delete(key)
    },
    list: () => {
      const present = [...entries].filter(([, { owners }]) => owners.size > 0)
      return present.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => knownIssue(entry))
    },
  }
}

function keyOf({ code, resource, path = '', message }: TranslationIssue): string {
  return [resource.namespace, resource.name, resource.kind, path, code, message].join('|')
}

function log(logger: Logger, { resource, code, path, message }: TranslationIssue): void {
  const where = path === undefined ? {} : { path }
  logger.warn('a resource does not do what it says', { ...resource, code, ...where, problem: message })
}

function knownIssue({ issue, owners }: Entry): KnownIssue {
  const { resource, code, severity, path, message } = issue
  const names = new Set([...owners].flatMap((owner) => (owner === 'model' ? [] : [`${owner.name}.${owner.namespace}`])))
  return { ...resource, code, severity, ...(path === undefined ? {} : { path }), message, proxies: [...names].toSorted() }
}
