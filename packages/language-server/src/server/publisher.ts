/** Sends diagnostics of the files where they differ from what was sent last. */
import type { Diagnostic } from 'vscode-languageserver-types'

/** Where diagnostics go. */
export interface DiagnosticsSink {
  sendDiagnostics(params: { uri: string; version?: number; diagnostics: Diagnostic[] }): Promise<void>
}

export interface Publisher {
  publish(diagnostics: ReadonlyMap<string, readonly Diagnostic[]>): void
}

/** @param onFailure hears of a connection that is gone. */
export function createPublisher(
  sink: DiagnosticsSink,
  versionOf: (uri: string) => number | undefined,
  onFailure: (cause: unknown) => void,
): Publisher {
  const sent = new Map<string, string>()
  const send = (uri: string, diagnostics: readonly Diagnostic[]): void => {
    const version = versionOf(uri)
    sink.sendDiagnostics({ uri, diagnostics: [...diagnostics], ...(version === undefined ? {} : { version }) }).catch(onFailure)
  }
  return {
    publish(diagnostics) {
      for (const [uri, list] of diagnostics) {
        const key = JSON.stringify(list)
        if (sent.get(uri) === key) continue
        sent.set(uri, key)
        send(uri, list)
      }
      for (const uri of sent.keys()) {
        if (diagnostics.has(uri)) continue
        sent.delete(uri)
        send(uri, [])
      }
    },
  }
}
