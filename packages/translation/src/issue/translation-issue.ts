/** Problems that translation finds in resources: configuration that is valid by itself and yet cannot do what it says. */

export type IssueCode =
  | 'unknown-host'
  | 'unknown-subset'
  | 'unknown-port'
  | 'unknown-gateway'
  /** A rule delegates to a VirtualService that does not exist, has hosts, or is not exported to it. */
  | 'unknown-delegate'
  | 'delegate-conflict'
  /** The resource is not what its schema says, so it is left out as a whole. */
  | 'malformed'
  | 'no-effect'
  | 'duplicate-host'
  | 'duplicate-domain'
  | 'port-conflict'
  | 'unbindable-port'
  | 'no-destination'
  | 'unsupported'

export interface ResourceReference {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface TranslationIssue {
  readonly code: IssueCode
  readonly severity: 'error' | 'warning'
  readonly resource: ResourceReference
  /** Path inside the resource, such as `spec.http[0].route[1].destination.host`. */
  readonly path?: string
  readonly message: string
}

/** Collects issues of one translation; the same issue, met on several ports, is kept once. */
export interface IssueCollector {
  add(issue: TranslationIssue): void
  readonly issues: readonly TranslationIssue[]
}

export function createIssueCollector(): IssueCollector {
  const issues = new Map<string, TranslationIssue>()
  return {
    add: (issue) => {
      const { kind, namespace, name } = issue.resource
      const key = [issue.code, kind, namespace, name, issue.path ?? '', issue.message].join('|')
      if (!issues.has(key)) issues.set(key, issue)
    },
    get issues() {
      return [...issues.values()]
    },
  }
}
