/** One delta ADS stream as the client sees it, without gRPC. */
import type { DeltaRequest, DeltaResponse } from '@heddle/xds'

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
