/**
 * A worker that does as its test says. What the primary asks for is answered with what the last configuration names: the
 * first cluster's name is what becomes of it. `wait` is answered when the test says `go`.
 */
import process from 'node:process'

const results = {
  applied: { kind: 'applied' },
  refused: { kind: 'applied-in-part', issues: [{ kind: 'listener', name: 'taken', message: 'its port is taken' }] },
}
const index = process.env.HEDDLE_PROXY_WORKER
const waiting = []
const applied = (id, name) => process.send({ kind: 'applied', id, result: results[name] })

process.on('message', (message) => {
  if (message.kind === 'go') for (const id of waiting.splice(0)) applied(id, 'applied')
  if (message.kind === 'end') process.exit(7)
  if (message.kind === 'view') {
    const stats = { downstreamConnections: 0, clusters: [] }
    process.send({ kind: 'view', id: message.id, view: { stats, config: {}, refused: [], listeners: [] } })
  }
  if (message.kind === 'drain') process.send({ kind: 'drained', id: message.id })
  if (message.kind !== 'apply') return
  // `refused-1`: by the first worker; the others take it.
  const [what, whose] = (message.config.clusters[0]?.name ?? 'applied').split('-')
  const own = whose === undefined || whose === index ? what : 'applied'
  if (own === 'wait') waiting.push(message.id)
  else if (own === 'exit') process.exit(7)
  else applied(message.id, own)
})
process.send({ kind: 'started' })
