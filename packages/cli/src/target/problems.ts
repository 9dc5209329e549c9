/** What istiod knows to be wrong with resources: valid by themselves, they cannot do what they say (its page `/debug/issues`). */
import { isHeddleError } from '@heddle/base'
import { askIstiods } from './istiod.js'
import type { Target } from './target.js'

export interface Problem {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly code: string
  readonly severity: 'error' | 'warning'
  /** Inside the resource; absent when all of it is meant. */
  readonly path?: string
  readonly message: string
  /** `NAME.NAMESPACE`, sorted; empty when it does not depend on who looks. */
  readonly proxies: readonly string[]
}

export type ProblemReport =
  | { readonly kind: 'known'; readonly problems: readonly Problem[] }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Reasons not to know that are no reason to fail: what was asked for does not depend on it. */
const tolerated: ReadonlySet<string> = new Set(['HEDDLE_CLI_NO_ISTIOD', 'HEDDLE_CLI_POD_UNREACHABLE', 'HEDDLE_API_STATUS'])

/** Of all istiods, each problem once, in their order. */
export async function findProblems(target: Target): Promise<ProblemReport> {
  try {
    const answers = await askIstiods<readonly Problem[]>(target, '/debug/issues')
    return { kind: 'known', problems: merge(answers.flatMap(({ answer }) => answer)) }
  } catch (error) {
    if (!isHeddleError(error) || !tolerated.has(error.code)) throw error
    return { kind: 'unknown', reason: error.message }
  }
}

/** Each istiod knows only the proxies that are connected to it. */
function merge(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map<string, Problem>()
  for (const problem of problems) {
    const { kind, namespace, name, code, path = '', message, proxies } = problem
    const key = [namespace, name, kind, path, code, message].join('|')
    byText.set(key, { ...problem, proxies: [...new Set([...(byText.get(key)?.proxies ?? []), ...proxies])].toSorted() })
  }
  return [...byText].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, problem]) => problem)
}
