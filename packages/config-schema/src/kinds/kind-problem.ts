/** Says why a kind cannot be checked: unknown, misspelt, in the wrong group or version, from an old Istio, or not supported yet. */
import { nearest } from '@heddle/base'
import { clip } from '../model/clip.js'
import type { Fault } from '../validate/fault.js'
import { parseApiVersion } from './api-version.js'
import { kindInfo, kindsNamed, preferredApiVersion } from './kind-info.js'
import { kindTable } from './kind-table.js'
import { legacyHint } from './legacy-kinds.js'

/** @returns undefined for a kind that `validate` knows. */
export function kindProblem(apiVersion: string, kind: string): Fault | undefined {
  if (kindInfo(apiVersion, kind) !== undefined) return undefined
  const { group } = parseApiVersion(apiVersion)
  const hint = legacyHint(group, kind)
  if (hint !== undefined) return notSupported(apiVersion, kind, ` ${hint}`)
  const sameKind = kindsNamed(kind)
  const sameGroup =
    sameKind.find((candidate) => candidate.group === group) ?? sameKind.find((candidate) => isSameFamily(candidate.group, group))
  if (sameGroup)
    return wrongVersion(
      apiVersion,
      kind,
      sameGroup.versions.map((version) => preferredApiVersion({ ...sameGroup, versions: [version] })),
    )
  const misspelt = misspeltVersion(apiVersion, kind)
  if (misspelt !== undefined) return wrongVersion(apiVersion, kind, misspelt)
  return notSupported(apiVersion, kind, '', misspeltKind(group, kind))
}

function misspeltKind(group: string, kind: string): string | undefined {
  const meant = nearest(
    kind,
    kindTable.filter((known) => known.group === group).map((known) => known.kind),
  )
  // A PersistentVolume is no PersistentVolumeClaim: nobody forgets a whole word.
  return meant?.startsWith(kind) === true && /^[A-Z]/.test(meant.slice(kind.length)) ? undefined : meant
}

/** Versions of this kind that look like what was written, the likeliest first. */
function misspeltVersion(apiVersion: string, kind: string): readonly string[] | undefined {
  const served = kindsNamed(kind).flatMap((info) => info.versions.map((version) => preferredApiVersion({ ...info, versions: [version] })))
  const meant = nearest(apiVersion, served)
  return meant === undefined ? undefined : [meant, ...served.filter((version) => version !== meant)]
}

/** Groups of one project, between which kinds have moved: a foreign `Service` or `Gateway` is not a misspelt one of ours. */
function isSameFamily(known: string, given: string): boolean {
  return known.endsWith('.istio.io') ? given.endsWith('.istio.io') || given === '' : !given.includes('.') || given.endsWith('.k8s.io')
}

function wrongVersion(apiVersion: string, kind: string, served: readonly string[]): Fault {
  return {
    ruleId: 'wrong-api-version',
    message: `There is no kind ${kind} in "${clip(apiVersion)}"; it is served as ${served.join(', ')}.`,
    path: ['apiVersion'],
    expected: `one of ${served.join(', ')}`,
    ...(served[0] === undefined ? {} : { suggestion: served[0] }),
  }
}

function notSupported(apiVersion: string, kind: string, hint: string, suggestion?: string): Fault {
  return {
    ruleId: 'kind-not-supported',
    message: `The kind ${clip(kind)} (${clip(apiVersion)}) is not supported.${hint}`,
    path: ['kind'],
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}
