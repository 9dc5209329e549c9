/** One delta ADS stream as the client sees it, without gRPC: what it sends and what it is told. */

export interface DeltaRequest {
  readonly typeUrl: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly initialVersions: Readonly<Record<string, string>>
  /** Set in an ACK or NACK. */
  readonly responseNonce?: string
  /** Set in a NACK: what was refused and why. */
  readonly errorMessage?: string
}

export interface DeltaResource {
  readonly name: string
  readonly version: string
  /** The encoded resource. */
  readonly bytes: Uint8Array
}

export interface DeltaResponse {
  readonly typeUrl: string
  readonly nonce: string
  readonly resources: readonly DeltaResource[]
  readonly removed: readonly string[]
}

export interface AdsStreamHandlers {
  onResponse(response: DeltaResponse): void
  /** The stream is over, for whatever reason; nothing more comes. */
  onEnd(reason: string): void
}

export interface AdsStream {
  send(request: DeltaRequest): void
  close(): void
}

/** Opens a stream; failures to connect arrive as `onEnd`, never before the call has returned. */
export type OpenAdsStream = (handlers: AdsStreamHandlers) => AdsStream
