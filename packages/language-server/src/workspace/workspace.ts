/**
 * The manifests of a workspace and what analysis says of them together. Texts are taken as they come and read when something is asked,
 * so that a keystroke costs nothing by itself; only files that changed are read and judged again.
 */
import {
  analyzeJudged,
  type AnalyzeOptions,
  createDirectory,
  type Directory,
  type Finding,
  type JudgedResource,
} from '@heddle/config-schema/analysis'
import { identityOf, readWorkspaceFile, type WorkspaceFile } from './workspace-file.js'

export interface Workspace {
  /** Puts in a file, or its new text. */
  set(uri: string, text: string): void
  remove(uri: string): void
  /** Reads what was put in. */
  settle(): void
  /** The text as it was put in last. */
  textOf(uri: string): string | undefined
  file(uri: string): WorkspaceFile | undefined
  files(): readonly WorkspaceFile[]
  /** Who defines which name. */
  directory(): Directory
  /** Of resources that name none. */
  readonly defaultNamespace: string
  /** By file; files without findings are not in it. */
  findings(): ReadonlyMap<string, readonly Finding[]>
}

export function createWorkspace(options: AnalyzeOptions): Workspace {
  const files = new Map<string, WorkspaceFile>()
  const waiting = new Map<string, string>()
  let directory: Directory | undefined
  let findings: ReadonlyMap<string, readonly Finding[]> | undefined

  const forget = (): void => {
    directory = undefined
    findings = undefined
  }
  const settle = (): void => {
    for (const [uri, text] of waiting) files.set(uri, readWorkspaceFile(uri, text, files.get(uri), options))
    waiting.clear()
  }
  const judged = (): readonly JudgedResource[] => [...files.values()].flatMap((file) => [...file.judged, ...file.kept])

  return {
    set(uri, text) {
      if (text === (waiting.get(uri) ?? files.get(uri)?.text)) return
      waiting.set(uri, text)
      forget()
    },
    remove(uri) {
      waiting.delete(uri)
      if (files.delete(uri)) forget()
    },
    settle,
    textOf: (uri) => waiting.get(uri) ?? files.get(uri)?.text,
    file(uri) {
      settle()
      return files.get(uri)
    },
    files() {
      settle()
      return [...files.values()]
    },
    directory() {
      settle()
      directory ??= createDirectory(judged(), options)
      return directory
    },
    defaultNamespace: options.namespace ?? 'default',
    findings() {
      settle()
      findings ??= byFile(analyzeJudged(judged(), options), files)
      return findings
    },
  }
}

/** What is said of resources that only stand in for a broken document would point at lines that are no longer there. */
function byFile(findings: readonly Finding[], files: ReadonlyMap<string, WorkspaceFile>): ReadonlyMap<string, readonly Finding[]> {
  const result = new Map<string, Finding[]>()
  for (const finding of findings) {
    const { file: uri = '', resource } = finding
    if (files.get(uri)?.kept.some(({ view }) => view !== undefined && identityOf(view) === identityOf(resource)) === true) continue
    const list = result.get(uri)
    if (list === undefined) result.set(uri, [finding])
    else list.push(finding)
  }
  return result
}
