/** Manifests with sidecars added; every fault is printed with its place, and then nothing comes out. */
import { HeddleError, isHeddleError } from '@heddle/base'
import { formatDiagnostic } from '@heddle/config-schema'
import { injectDiagnostics, injectManifest } from '@heddle/inject'
import type { Invocation } from '../command/command.js'
import { noObjects } from './manifest.js'
import type { ManifestSource } from './sources.js'

export interface InjectionWish {
  /** Native sidecars unless false. */
  readonly nativeSidecars?: boolean
}

/** @throws HEDDLE_CLI_BAD_DATA after printing every fault of every file. */
export function injectSources(
  { streams }: Pick<Invocation, 'streams'>,
  sources: readonly ManifestSource[],
  wish: InjectionWish = {},
): readonly ManifestSource[] {
  const injected: ManifestSource[] = []
  let faults = 0
  for (const { file, text } of sources) {
    try {
      const result = injectManifest(text, { file, ...wish })
      for (const warning of result.warnings) streams.stderr.write(`warning: ${warning.message}\n`)
      injected.push({ file, text: result.yaml })
    } catch (error) {
      if (isHeddleError(error, 'HEDDLE_INJECT_EMPTY_MANIFEST')) throw noObjects(file)
      const diagnostics = injectDiagnostics(error)
      if (diagnostics.length === 0) throw error
      for (const diagnostic of diagnostics) streams.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
      faults += diagnostics.length
    }
  }
  if (faults === 0) return injected
  throw new HeddleError({
    code: 'HEDDLE_CLI_BAD_DATA',
    message: `${faults} ${faults === 1 ? 'fault' : 'faults'} found, nothing was injected`,
    origin: 'user',
  })
}
