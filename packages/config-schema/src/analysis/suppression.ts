/** What a person chose not to hear: by command line (`IST0102=Namespace default`) or by annotation on the resource. */
import type { Finding } from './finding.js'

export interface Suppression {
  /** A code, or `*` for all. */
  readonly code: string
  /** `KIND NAME.NAMESPACE` or `KIND NAME`; `*` stands for any characters. */
  readonly resource: string
}

const annotation = 'galley.istio.io/analyze-suppress'

/** `CODE=KIND NAME.NAMESPACE`. @returns undefined when it is written otherwise. */
export function parseSuppression(text: string): Suppression | undefined {
  const [, code, resource] = /^\s*(\w+|\*)\s*=\s*(\S.*?)\s*$/.exec(text) ?? []
  return code === undefined || resource === undefined ? undefined : { code, resource }
}

export function isSuppressed(
  { code, resource }: Pick<Finding, 'code' | 'resource'>,
  annotations: Readonly<Record<string, string>>,
  suppressions: readonly Suppression[],
): boolean {
  const codes = annotations[annotation]?.split(',').map((entry) => entry.trim()) ?? []
  if (codes.includes('*') || codes.includes(code)) return true
  const { kind, name, namespace } = resource
  const names = [`${kind} ${name}`, ...(namespace === undefined ? [] : [`${kind} ${name}.${namespace}`, `${kind} ${namespace}/${name}`])]
  return suppressions.some(
    (suppression) =>
      (suppression.code === '*' || suppression.code === code) && names.some((candidate) => matches(suppression.resource, candidate)),
  )
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}
