/** Rules of the CORS filter of an HTTPRoute. */
import type { HTTPCORSFilter } from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error } from '../reporter.js'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', '*'])
const origin = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s:]+(?::\d{1,5})?$/

export function checkCors(cors: HTTPCORSFilter, faults: FaultList): void {
  eachOf(faults, 'allowOrigins', cors.allowOrigins, (value) => {
    if (value !== '*' && !origin.test(value))
      error(faults, 'cors/origin', [], `"${clip(value)}" is not an origin.`, { expected: 'SCHEME://HOST[:PORT], or "*"' })
  })
  eachOf(faults, 'allowMethods', cors.allowMethods, (value) => {
    if (!methods.has(value)) error(faults, 'cors/method', [], `"${clip(value)}" is not a method.`, { expected: [...methods].join(', ') })
  })
  for (const name of ['allowOrigins', 'allowMethods', 'allowHeaders', 'exposeHeaders'] as const) {
    const values = cors[name] ?? []
    if (values.includes('*') && values.length > 1)
      error(faults, 'cors/wildcard', [name], '"*" means all of them and must stand alone.', { part: 'key' })
  }
}
