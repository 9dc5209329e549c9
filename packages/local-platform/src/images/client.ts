/** Stands for the curl and sleep images of Istio's samples: a place to run commands in; it does nothing by itself. */
import { endOnSignal } from './end-on-signal.js'

const oneDayMs = 86_400_000
const idle = setInterval(() => {}, oneDayMs)
endOnSignal(() => clearInterval(idle))
