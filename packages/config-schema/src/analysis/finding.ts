/** What analysis finds: a statement about one resource among others, with its place, the other places, and a fix when one is mechanical. */
import { fullMessage, type RelatedPlace, type SourceRange } from '../diagnostic.js'
import { clip, clipName } from '../model/clip.js'
import type { YamlChange } from '../yaml/edit-yaml.js'

export type FindingSeverity = 'error' | 'warning' | 'info'

export interface FindingResource {
  readonly kind: string
  readonly name: string
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string
}

export interface Finding extends Partial<SourceRange> {
  /** Stable: Istio's code where the meaning is the same (`IST0101`), Heddle's own otherwise (`HED0001`). */
  readonly code: string
  /** The code in words, such as `ReferencedResourceNotFound`. */
  readonly name: string
  readonly severity: FindingSeverity
  /** A full sentence for a person who sees this kind of resource for the first time. */
  readonly message: string
  readonly resource: FindingResource
  /** The field, `spec.http[0].route[0].destination.host`; empty when the whole resource is meant. */
  readonly path: string
  readonly file?: string
  /** The rule of validation behind IST0106 and IST0133. */
  readonly rule?: string
  /** What the field takes. */
  readonly expected?: string
  /** The name or value that was probably meant. */
  readonly suggestion?: string
  /** Other places that have to do with it. */
  readonly related?: readonly RelatedPlace[]
  readonly fix?: Fix
  /** The command that explains it: `heddle explain rule IST0101`. */
  readonly help: string
}

/** A change of the text that is right without knowing what its author had in mind, or what was probably meant. */
export interface Fix {
  /** What it does, such as `Change the host to "reviews"`. */
  readonly title: string
  readonly file?: string
  /** Which document of the file, counted from 0. */
  readonly document: number
  /** Paths from the root of that document. */
  readonly changes: readonly YamlChange[]
  /** The same as a change of the text, when one scalar is replaced. */
  readonly edit?: TextEdit
  /** False when what was meant is only probable: such a fix is offered, never applied unasked. */
  readonly isCertain: boolean
}

export interface TextEdit extends SourceRange {
  readonly newText: string
}

/** The resource by the name that istioctl gives it: `VirtualService default/web`. */
export function originOf({ resource: { kind, name, namespace } }: Pick<Finding, 'resource'>): string {
  return namespace === undefined ? `${clip(kind)} ${clipName(name)}` : `${clip(kind)} ${clipName(namespace)}/${clipName(name)}`
}

/** `app.yaml:3:7: error: VirtualService default/reviews: spec.hosts[0]: message [IST0101]` */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, path, code, rule } = finding
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const label = rule === undefined ? code : `${code} ${rule}`
  return `${place === '' ? '' : `${place}: `}${severity}: ${originOf(finding)}: ${path === '' ? '' : `${path}: `}${fullMessage(finding)} [${label}]`
}
