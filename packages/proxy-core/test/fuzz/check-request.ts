/** The invariants of one input. Returns what does not hold, in words; nothing when all does. */
import { knownRequestDifferences } from './known-differences.js'
import type { NodeOracle, OracleRequest } from './node-oracle.js'
import { type Field, type ReadRequest, readRequests, type ReadResult } from './read-requests.js'
import { writeRequest } from './write-request.js'

const hopByHop = /^(connection|content-length|transfer-encoding|upgrade|te|keep-alive|proxy-connection|http2-settings)$/
const kept = /^(te|authorization|cookie|set-cookie|forwarded|x-forwarded-.*|x-envoy-.*|x-request-id|expect|trailer|date|server)$/
const twins = /^(content-length|transfer-encoding|host|x-forwarded-.*|x-envoy-.*)$/

export interface CheckOptions {
  /** Where the bytes are cut for the second reading. */
  readonly cuts: readonly number[]
  readonly fin: boolean
}

export function checkRequest(bytes: Buffer, { cuts, fin }: CheckOptions, oracle: NodeOracle): readonly string[] {
  const whole = readRequests(bytes, [], fin)
  const faults: string[] = []
  if (cuts.length > 0) {
    const cut = readRequests(bytes, cuts, fin)
    const difference = differenceOf(whole, cut)
    if (difference !== '') faults.push(`read in pieces (${cuts.join()}) it is another: ${difference}`)
  }
  if (whole.refusal !== 0 && (whole.refusal < 400 || whole.refusal > 599)) faults.push(`refused with ${whole.refusal}`)
  const accepted = whole.requests.filter(({ state }) => state === 'whole')
  if (accepted.length === 0) return faults
  const second = oracle.read(bytes)
  let isBeyond = false
  accepted.forEach((request, index) => {
    faults.push(...writtenAgain(request, oracle))
    // Behind a known difference Node reads nothing any more.
    isBeyond ||= isKnown(request, second.error, bytes)
    if (isBeyond) return
    const other = second.requests[index]
    if (other === undefined || !other.whole) faults.push(`request ${index} was accepted; Node says ${second.error || 'more is to come'}`)
    else faults.push(...readOtherwise(request, other))
  })
  return faults
}

function isKnown(request: ReadRequest, error: string, bytes: Buffer): boolean {
  return knownRequestDifferences.some(({ applies }) => applies(request, error, bytes.toString('latin1')))
}

function differenceOf(one: ReadResult, other: ReadResult): string {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)]
  if (first === second) return ''
  // What of a broken body was passed on before the fault was seen may differ with the pieces; that it broke may not.
  const normal = (result: ReadResult): string =>
    JSON.stringify({
      ...result,
      requests: result.requests.map((request) => (request.state === 'broken' ? { ...request, body: '' } : request)),
    })
  return normal(one) === normal(other) ? '' : `${first} / ${second}`
}

/** As an upstream would read it. */
function writtenAgain(request: ReadRequest, oracle: NodeOracle): readonly string[] {
  const bytes = writeRequest(request)
  const again = readRequests(bytes)
  const copy = again.requests[0]
  if (again.requests.length !== 1 || copy === undefined || copy.state !== 'whole')
    return [`written again it is ${again.requests.length} requests: ${bytes.toString('latin1')}`]
  const { protocol: _, trailers, ...mine } = request
  const { protocol: __, trailers: passedOn, ...theirs } = copy
  if (JSON.stringify(mine) !== JSON.stringify(theirs))
    return [`written again it reads ${JSON.stringify(theirs)}, not ${JSON.stringify(mine)}`]
  // Some trailers are never passed on; none may be new.
  const known = new Set(trailers.map((field) => field.join()))
  if (!passedOn.every((field) => known.has(field.join()))) return [`written again the trailers are ${JSON.stringify(passedOn)}`]
  const node = oracle.read(bytes)
  if (isKnown(request, node.error, bytes)) return []
  if (node.error !== '' || node.requests.length !== 1 || node.requests[0]?.whole !== true || node.requests[0].body !== request.body)
    return [`written again Node reads ${JSON.stringify(node)}`]
  return []
}

function readOtherwise(request: ReadRequest, other: OracleRequest): readonly string[] {
  const faults: string[] = []
  if (other.method !== request.method) faults.push(`Node reads method ${other.method}, not ${request.method}`)
  if (!other.target.endsWith(request.path) && !other.target.endsWith(request.path.slice(1)))
    faults.push(`Node reads target ${other.target}, not ${request.path}`)
  if (other.body !== request.body) faults.push(`Node reads body ${JSON.stringify(other.body)}, not ${JSON.stringify(request.body)}`)
  const fields = JSON.stringify(forwardable(other.fields, request.protocol))
  const own = JSON.stringify(request.fields.filter(([name]) => name.toLowerCase() !== 'host'))
  if (fields !== own) faults.push(`Node reads fields ${fields}, not ${own}`)
  return faults
}

/** What of the fields a proxy passes on, but for the host, which the target may give. */
function forwardable(fields: readonly Field[], protocol: string): readonly Field[] {
  const named = new Set<string>()
  for (const [name, value] of fields) {
    if (name.toLowerCase() === 'connection') for (const token of value.toLowerCase().split(',')) named.add(token.trim())
  }
  return fields.filter(([name]) => {
    const lower = name.toLowerCase()
    // A client of HTTP/1.0 cannot wait for 100, so nobody is asked for it.
    if (lower === 'expect' && protocol === 'HTTP/1.0') return false
    if (lower === 'host' || hopByHop.test(lower) || (named.has(lower) && !kept.test(lower))) return false
    return !(lower.includes('_') && twins.test(lower.replaceAll('_', '-')))
  })
}
