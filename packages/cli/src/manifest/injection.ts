/** Manifests with sidecars added; every fault is printed with its place, and then nothing comes out. */
import { HeddleError, isHeddleError } from '@heddle/base'
import { type Diagnostic, formatDiagnostic } from '@heddle/config-schema'
import { injectDiagnostics, injectManifest, type SkipReason } from '@heddle/inject'
import type { Invocation } from '../command/command.js'
import { noObjects } from './manifest.js'
import { beside, workloadFaults } from './workload-faults.js'
import type { ManifestSource } from './sources.js'

export interface InjectionWish {
  /** Native sidecars unless false. */
  readonly nativeSidecars?: boolean
}

const skipTexts: Readonly<Record<SkipReason, string>> = {
  'host-network': 'it uses the network of its host',
  'ignored-namespace': 'nothing in its namespace does',
  'opted-out': 'its label or annotation sidecar.istio.io/inject says so',
  'never-inject-selector': 'a selector of the injector says so',
  'policy-disabled': 'injection is off unless asked for',
}

/** @throws HEDDLE_CLI_BAD_DATA after printing every fault of every file. */
export function injectSources(
  { streams, flags }: Pick<Invocation, 'streams' | 'flags'>,
  sources: readonly ManifestSource[],
  wish: InjectionWish = {},
): readonly ManifestSource[] {
  const injected: ManifestSource[] = []
  let faults = 0
  const report = (diagnostics: readonly Diagnostic[]): void => {
    for (const diagnostic of diagnostics) streams.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
    faults += diagnostics.length
  }
  const namespace = flags.string('namespace')
  for (const { file, text } of sources) {
    const found = workloadFaults(file, text)
    try {
      const result = injectManifest(text, { file, ...(namespace === undefined ? {} : { namespace }), ...wish })
      if (found.length > 0) {
        report(found.map(({ diagnostic }) => diagnostic))
        continue
      }
      for (const warning of result.warnings) streams.stderr.write(`warning: ${warning.message}\n`)
      for (const { object, reason } of result.skipped)
        streams.stderr.write(`note: ${object.kind} "${object.name ?? ''}" gets no sidecar: ${skipTexts[reason]}\n`)
      injected.push({ file, text: result.yaml })
    } catch (error) {
      if (isHeddleError(error, 'HEDDLE_INJECT_EMPTY_MANIFEST')) throw noObjects(file)
      const diagnostics = injectDiagnostics(error)
      if (diagnostics.length === 0) throw error
      report(beside(found, diagnostics))
    }
  }
  if (faults === 0) return injected
  throw new HeddleError({
    code: 'HEDDLE_CLI_BAD_DATA',
    message: `${faults} ${faults === 1 ? 'fault' : 'faults'} found, nothing was injected`,
    origin: 'user',
  })
}
