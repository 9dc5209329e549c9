/** Whether a program listens yet: what a tcpSocket probe would find out, for programs that nobody gave a probe. */
import { connect } from 'node:net'
import { type Clock, delay } from '@heddle/base'

export interface ListeningPlace {
  readonly host: string
  readonly port: number
}

const lookAgainMs = 20

/** Resolves when a connection is accepted, when `boundMs` are over, or when it `isOver`. */
export async function untilListening(
  place: ListeningPlace,
  { clock, boundMs, isOver }: { readonly clock: Clock; readonly boundMs: number; readonly isOver: () => boolean },
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + boundMs
  while (!isOver() && !(await isListening(place)) && clock.monotonicMs() < deadlineMs) await delay(clock, lookAgainMs)
}

function isListening({ host, port }: ListeningPlace): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
