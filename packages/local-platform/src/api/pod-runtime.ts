/** What the API asks of the runtime that keeps the Pods' processes: their output, and commands beside them. */

export interface PodLogOptions {
  /** Absent when the Pod has one container; the API has resolved defaults otherwise. */
  readonly container?: string
  readonly follow?: boolean
  readonly tailLines?: number
  readonly sinceSeconds?: number
  /** The output of the container's last instance. */
  readonly previous?: boolean
  readonly timestamps?: boolean
  /** Ends a followed log. */
  readonly signal?: AbortSignal
}

export interface PodExecOptions {
  readonly container?: string
  readonly command: readonly string[]
  /** Input as it comes, byte for byte; absent means none. */
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
}

export type PodExecOutput =
  | { readonly type: 'stdout' | 'stderr'; readonly data: Uint8Array }
  | { readonly type: 'exit'; readonly code: number }

/** Errors are HeddleErrors; a `Status` cause (`statusError`) is answered as it is, another becomes 500. */
export interface PodRuntime {
  logs(namespace: string, name: string, options: PodLogOptions): AsyncIterable<Uint8Array>
  /** Runs a command in the container's environment; the last output is `exit`. */
  exec(namespace: string, name: string, options: PodExecOptions): AsyncIterable<PodExecOutput>
}
