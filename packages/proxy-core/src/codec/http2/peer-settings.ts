/** What the other side said in SETTINGS (RFC 9113 section 6.5.2), from its defaults on. */
import { defaultWindow, errorCode, largestWindow, maxFrameBytes, settingId } from './frame-types.js'

const largestFrame = 0xffffff

export class PeerSettings {
  headerTableSize = 4096
  maxConcurrentStreams: number = Infinity
  initialWindow: number = defaultWindow
  allowsConnect = false

  /** Takes a whole frame. @param mayPush whether the peer may tell whether it wants pushes (a client). @returns an error code; 0: fine. */
  read(buffer: Buffer, start: number, end: number, mayPush: boolean): number {
    for (let at = start; at < end; at += 6) {
      const error = this.#set(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2), mayPush)
      if (error !== 0) return error
    }
    return 0
  }

  // oxlint-disable-next-line complexity -- a table of settings
  #set(id: number, value: number, mayPush: boolean): number {
    switch (id) {
      case settingId.headerTableSize:
        this.headerTableSize = value
        return 0
      case settingId.enablePush:
        return value > 1 || (value === 1 && !mayPush) ? errorCode.protocolError : 0
      case settingId.maxConcurrentStreams:
        this.maxConcurrentStreams = value
        return 0
      case settingId.initialWindowSize:
        if (value > largestWindow) return errorCode.flowControlError
        this.initialWindow = value
        return 0
      case settingId.maxFrameSize:
        return value < maxFrameBytes || value > largestFrame ? errorCode.protocolError : 0
      case settingId.enableConnectProtocol:
        if (value > 1 || (value === 0 && this.allowsConnect)) return errorCode.protocolError
        this.allowsConnect = value === 1
        return 0
      default:
        return 0
    }
  }
}
