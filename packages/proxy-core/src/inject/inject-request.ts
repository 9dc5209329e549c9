/** A request in memory and its answer, as embedders write and read them. */
export interface InjectRequest {
  /** Name of the listener. Default: the first one. */
  readonly listener?: string
  /** Default: `GET`. */
  readonly method?: string
  /** With query. Default: `/`. */
  readonly path?: string
  readonly authority: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** What the client meant to reach. Default: the listener's address. */
  readonly originalDestination?: { readonly address: string; readonly port: number }
}

export interface InjectResponse {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** As latin1. */
  readonly body: string
  /** The answer broke off. */
  readonly broken: boolean
}
