/** Stands for Istio's tcp-echo-server: `PORTS PREFIX`; every line comes back behind the prefix. */
import { createServer, type Socket } from 'node:net'
import { endOnSignal } from './end-on-signal.js'

const [ports = '9000', prefix = 'hello'] = process.argv.slice(2)
const maxLineBytes = 65_536

function echoLines(socket: Socket): void {
  let rest = ''
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLineBytes) socket.destroy()
    else if (lines.length > 0) socket.write(lines.map((line) => `${prefix} ${line}\n`).join(''), 'latin1')
  })
  socket.on('error', () => socket.destroy())
}

const servers = ports.split(',').map((port) => {
  const server = createServer(echoLines)
  return server.listen(Number(port), () => process.stdout.write(`tcp-echo listens on ${port}\n`))
})
endOnSignal(() => {
  for (const server of servers) server.close()
})
