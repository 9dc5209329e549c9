/**
 * One editor's workspace: open documents as they are typed, other files as they lie on disk, and diagnostics of all of them, worked
 * out after a pause in typing and sent only where they changed.
 */
import { type Clock, type Logger, messageOf, type Timer } from '@heddle/base'
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument'
import { createLanguageService, type LanguageService, type LanguageServiceOptions } from '../language-service.js'
import { createOpenDocuments } from './open-documents.js'
import { createPublisher, type DiagnosticsSink } from './publisher.js'
import { canonicalUri, type WorkspaceFiles } from './workspace-files.js'

export interface ServerOptions extends LanguageServiceOptions {
  /** Quiet time after a change before diagnostics are worked out. Default: 100 ms. */
  readonly debounceMs?: number
}

export interface ServerDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly files: WorkspaceFiles
}

/** URIs may be spelled in any way. */
export interface Session {
  service(): LanguageService
  /** What the editor says of itself, before anything else. */
  configure(options: LanguageServiceOptions): void
  /** Reads every manifest below the folders. */
  load(folders: readonly string[]): Promise<void>
  forget(folders: readonly string[]): void
  open(uri: string, text: string, version: number): void
  change(uri: string, changes: TextDocumentContentChangeEvent[], version: number): void
  close(uri: string): void
  /** A file came, changed or went. */
  reload(uri: string): void
  stop(): void
}

const defaultDebounceMs = 100

export function createSession(sink: DiagnosticsSink, options: ServerOptions, { clock, logger, files }: ServerDeps): Session {
  const documents = createOpenDocuments()
  const warn = (what: string) => (cause: unknown) => logger.warn(what, { cause: messageOf(cause) })
  const publisher = createPublisher(sink, (uri) => documents.versionOf(uri), warn('diagnostics were not sent'))
  const isOpen = (uri: string): boolean => documents.versionOf(uri) !== undefined
  let service = createLanguageService(options)
  let timer: Timer | undefined
  // Before all files are known, each name that another file defines would be missing.
  let isLoaded = false

  const check = (): void => {
    timer?.cancel()
    // A fault in one check must not end the server: the next keystroke is another chance.
    if (isLoaded) attempt(() => publisher.publish(service.diagnostics()), warn('the workspace was not checked'))
  }
  const checkSoon = (): void => {
    timer?.cancel()
    timer = clock.setTimer(options.debounceMs ?? defaultDebounceMs, check)
  }
  const read = async (uri: string): Promise<void> => {
    const text = isOpen(uri) ? undefined : await files.read(uri)
    if (isOpen(uri)) return
    if (text === undefined) service.remove(uri)
    else service.set(uri, text)
    checkSoon()
  }
  const reload = (uri: string): void => void read(canonicalUri(uri)).catch(warn('a file was not read'))

  return {
    service: () => service,
    configure(more) {
      service = createLanguageService({ ...options, ...more })
    },
    async load(folders) {
      try {
        for await (const { uri, text } of files.walk(folders)) {
          if (isOpen(uri)) continue
          service.set(uri, text)
          // One file at a time, so that requests in between do not wait for all of them.
          service.settle()
        }
      } catch (cause) {
        warn('the workspace was not read')(cause)
      }
      isLoaded = true
      check()
    },
    forget(folders) {
      const gone = folders.map((uri) => `${canonicalUri(uri).replace(/\/$/, '')}/`)
      for (const uri of service.uris()) if (!isOpen(uri) && gone.some((folder) => uri.startsWith(folder))) service.remove(uri)
      checkSoon()
    },
    open(uri, text, version) {
      documents.open(canonicalUri(uri), text, version)
      service.set(canonicalUri(uri), text)
      check()
    },
    change(uri, changes, version) {
      const text = documents.change(canonicalUri(uri), changes, version)
      if (text === undefined) return
      service.set(canonicalUri(uri), text)
      checkSoon()
    },
    // What was not saved is gone: the file counts again.
    close(uri) {
      documents.close(canonicalUri(uri))
      reload(uri)
    },
    reload,
    stop: () => timer?.cancel(),
  }
}

function attempt(run: () => void, onFailure: (cause: unknown) => void): void {
  try {
    run()
  } catch (cause) {
    onFailure(cause)
  }
}
