/** Where answers end on a keep-alive connection: bodies have a content-length, and are counted and not kept. */

const headEnd = Buffer.from('\r\n\r\n')

/** Calls `onAnswer(isSuccess)` at the end of each answer, `onFailure()` when the bytes are no such answer. */
export function createAnswerReader(onAnswer, onFailure) {
  let head = null
  let bodyLeft = 0
  let isSuccess = false
  return function read(chunk) {
    let at = 0
    while (at < chunk.length) {
      if (bodyLeft === 0) {
        const text = head === null ? chunk.subarray(at) : Buffer.concat([head, chunk.subarray(at)])
        const end = text.indexOf(headEnd)
        if (end < 0) {
          head = Buffer.from(text)
          return
        }
        const lines = text.latin1Slice(0, end + 2)
        const length = /\r\ncontent-length: *(\d+)/i.exec(lines)
        if (!length) return onFailure()
        at += end + 4 - (head === null ? 0 : head.length)
        head = null
        isSuccess = lines.startsWith('HTTP/1.1 200')
        bodyLeft = Number(length[1])
      }
      const taken = Math.min(bodyLeft, chunk.length - at)
      bodyLeft -= taken
      at += taken
      if (bodyLeft === 0) onAnswer(isSuccess)
    }
  }
}
