/** Manifests read and judged before anything is sent: every fault with its place, and all or nothing unless told otherwise. */
import { HeddleError } from '@heddle/base'
import type { KubernetesObject } from '@heddle/client/resources'
import {
  type Diagnostic,
  formatDiagnostic,
  formatPath,
  type ParsedDocument,
  parseDocuments,
  validate,
  type ValidateOptions,
} from '@heddle/config-schema'
import { fieldsWithoutEffect } from '@heddle/translation'
import type { Invocation } from '../command/command.js'
import { meshSettingFaults } from './mesh-setting-faults.js'
import { type ManifestSource, readSources } from './sources.js'

export interface ManifestDocument {
  readonly file: string
  /** The document as it was read. */
  readonly source: ParsedDocument
  readonly object?: KubernetesObject
  readonly diagnostics: readonly Diagnostic[]
}

export interface Manifests {
  readonly documents: readonly ManifestDocument[]
  /** The files that were read, in their order. */
  readonly files: readonly string[]
  /** Faults outside the documents that may be used. */
  readonly diagnostics: readonly Diagnostic[]
}

/** For whom they are judged: `heddle` also asks whether this mesh executes and enforces what is written; what is only read need not be. */
export interface Judgement extends Pick<ValidateOptions, 'target' | 'notEnforced' | 'compileRegex'> {
  /** `pass`: kinds of other projects, which folders hold beside ours, are left out with a warning. Default: they are refused. */
  readonly foreignKinds?: 'pass'
  /** `hide`: fields and settings that only this mesh does not know are not spoken of. Default: they are. */
  readonly limitsOfMesh?: 'hide'
}

const forThisMesh: Judgement = { target: 'heddle' }

export async function readManifests(invocation: Invocation, judgement: Judgement = forThisMesh): Promise<Manifests> {
  return judgeManifests(await readSources(invocation), judgement)
}

export function judgeManifests(sources: readonly ManifestSource[], judgement: Judgement = forThisMesh): Manifests {
  const documents: ManifestDocument[] = []
  const diagnostics: Diagnostic[] = []
  for (const { file, text } of sources) {
    const parsed = parseDocuments(text, { file })
    diagnostics.push(...parsed.diagnostics, ...parsed.damaged.flatMap((document) => validate(document, judgement).diagnostics))
    for (const document of parsed.documents) {
      const result = validate(document, judgement)
      documents.push({
        file,
        source: document,
        diagnostics: [
          ...(judgement.foreignKinds === 'pass' ? withForeignKindPassed(document, result.diagnostics) : result.diagnostics),
          ...(result.resource === undefined ? [] : effectFaults(document, result.resource, judgement)),
        ],
        ...(result.resource === undefined ? {} : { object: result.resource as unknown as KubernetesObject }),
      })
    }
  }
  return { files: sources.map(({ file }) => file), documents, diagnostics }
}

function effectFaults(
  document: ParsedDocument,
  resource: { readonly kind: string },
  { limitsOfMesh, notEnforced }: Judgement,
): readonly Diagnostic[] {
  const faults = [...withoutEffect(document, resource), ...meshSettingFaults(document, resource)]
  if (limitsOfMesh === 'hide') return faults.filter(({ ruleId }) => ruleId !== 'no-effect' && ruleId !== 'mesh-config')
  if (notEnforced !== 'warn') return faults
  return faults.map((fault) => (fault.ruleId === 'mesh-config' ? { ...fault, severity: 'warning' } : fault))
}

/** A kind that merely is not known here says nothing about the manifest; a misspelt one, or one of Istio's that is gone, does. */
function withForeignKindPassed(document: ParsedDocument, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => {
    if (diagnostic.ruleId !== 'kind-not-supported' || diagnostic.suggestion !== undefined) return diagnostic
    const { apiVersion } = document.value as { readonly apiVersion: string }
    if (/^(?:[^/]*\.istio\.io|gateway\.networking\.k8s\.io)\//.test(apiVersion)) return diagnostic
    return { ...diagnostic, severity: 'warning', message: diagnostic.message.replace(/\.$/, ', so it is not checked.') }
  })
}

/** Fields of Istio that are valid and do nothing here: said, never ignored silently (docs/compatibility.md). */
function withoutEffect(document: ParsedDocument, resource: { readonly kind: string }): readonly Diagnostic[] {
  return fieldsWithoutEffect(resource).map(({ path, reason }) => ({
    ruleId: 'no-effect',
    severity: 'warning',
    message: `the field has no effect: ${reason}`,
    path: formatPath(path),
    ...(document.file === undefined ? {} : { file: document.file }),
    ...document.rangeOf(path, 'key'),
  }))
}

/** Whether anything in them may not be applied. */
export function hasFaults({ documents, diagnostics }: Manifests): boolean {
  return [...diagnostics, ...documents.flatMap((document) => document.diagnostics)].some(({ severity }) => severity === 'error')
}

export interface Requirement {
  /** Take the good documents of a faulty file too. Default: false. */
  readonly partial?: boolean
  /** What happens to nothing when there are faults: `applied`. */
  readonly outcome: string
  /** What to do about faults when there are good documents too. */
  readonly hint?: string
}

/**
 * Prints every finding and gives the objects that may be used.
 * @throws HEDDLE_CLI_BAD_DATA when a document is faulty and `partial` was not asked for, or none is left.
 */
export function requireValid(
  { streams }: Pick<Invocation, 'streams'>,
  manifests: Manifests,
  { partial = false, outcome, hint }: Requirement,
): readonly KubernetesObject[] {
  const all = [...manifests.diagnostics, ...manifests.documents.flatMap(({ diagnostics }) => diagnostics)]
  for (const diagnostic of all.toSorted(byPlace(manifests))) streams.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
  const faults = all.filter(({ severity }) => severity === 'error').length
  const good = manifests.documents.filter(({ diagnostics }) => diagnostics.every(({ severity }) => severity !== 'error'))
  const objects = good.flatMap(({ object }) => (object ? [object] : []))
  if (faults > 0 && (!partial || objects.length === 0)) {
    throw new HeddleError({
      code: 'HEDDLE_CLI_BAD_DATA',
      message: `${faults} ${faults === 1 ? 'fault' : 'faults'} found, nothing was ${outcome}`,
      origin: 'user',
      ...(objects.length > 0 && hint !== undefined ? { hint } : {}),
    })
  }
  if (good.length === 0) throw noObjects()
  return objects
}

/** Files in the order in which they were named, faults as they stand in each. */
function byPlace({ files }: Manifests): (a: Diagnostic, b: Diagnostic) => number {
  const fileOf = ({ file }: Diagnostic): number => files.indexOf(file ?? '')
  return (a, b) => fileOf(a) - fileOf(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

export function noObjects(file?: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_BAD_DATA',
    message: `no objects found in ${file ?? 'what was passed'}`,
    origin: 'user',
    hint: 'Is the file empty, or did the command before the pipe fail?',
  })
}
