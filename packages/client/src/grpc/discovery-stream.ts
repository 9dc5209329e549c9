/** The delta ADS stream over gRPC. */
import type { Client } from '@grpc/grpc-js'
import { messageOf } from '@heddle/base'
import { adsDeltaMethod, type DeltaResponse, type XdsNode } from '@heddle/xds'
import type { AdsStream, AdsStreamHandlers } from '../ads/ads-stream.js'
import { tokenMetadata } from './channel.js'

export interface DiscoveryStreamOptions {
  readonly node: XdsNode
  readonly token: string | undefined
}

/** @param channel closed by the stream when it ends, since credentials may have changed by the next one. */
export function openDiscoveryStream(channel: Client, { node, token }: DiscoveryStreamOptions, handlers: AdsStreamHandlers): AdsStream {
  const { path, requestSerialize, responseDeserialize } = adsDeltaMethod
  const call = channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, tokenMetadata(token))
  let isFirst = true
  let isOver = false
  const end = (reason: string): void => {
    if (isOver) return
    isOver = true
    channel.close()
    handlers.onEnd(reason)
  }
  call.on('data', (response: DeltaResponse) => handlers.onResponse(response))
  call.on('error', (error) => end(messageOf(error)))
  call.on('end', () => end('the control plane closed the stream'))
  return {
    send(request) {
      if (isOver) return
      call.write(isFirst ? { node, ...request } : request)
      isFirst = false
    },
    close() {
      isOver = true
      call.cancel()
      channel.close()
    },
  }
}
