/** The documents that are open in the editor, kept up to date by its incremental changes, under one spelling of each URI. */
import { type TextDocumentContentChangeEvent, TextDocument } from 'vscode-languageserver-textdocument'

export interface OpenDocuments {
  open(uri: string, text: string, version: number): void
  /** @returns the whole text, or undefined for a document that is not open. */
  change(uri: string, changes: TextDocumentContentChangeEvent[], version: number): string | undefined
  close(uri: string): void
  versionOf(uri: string): number | undefined
}

export function createOpenDocuments(): OpenDocuments {
  const documents = new Map<string, TextDocument>()
  return {
    open: (uri, text, version) => void documents.set(uri, TextDocument.create(uri, 'yaml', version, text)),
    change(uri, changes, version) {
      const before = documents.get(uri)
      if (before === undefined) return undefined
      const document = TextDocument.update(before, changes, version)
      documents.set(uri, document)
      return document.getText()
    },
    close: (uri) => void documents.delete(uri),
    versionOf: (uri) => documents.get(uri)?.version,
  }
}
