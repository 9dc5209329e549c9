/** Rules of a CORS policy. */
import { parseDuration } from '@heddle/base'
import type { CorsPolicy } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { likelyWord } from '../validate/likely-word.js'
import { isHeaderName } from './header-name.js'
import { eachOf, error, within } from './reporter.js'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*']

export function checkCorsPolicy(policy: CorsPolicy | undefined, faults: FaultList): void {
  if (policy === undefined) return
  within(faults, ['corsPolicy'], () => {
    eachOf(faults, 'allowOrigins', policy.allowOrigins, (origin) => {
      const value = origin.exact ?? origin.prefix ?? origin.regex
      if (value === undefined || value === '')
        error(faults, 'cors/origin', [], 'An allowed origin needs exact, prefix or regex with a value.', {
          expected: 'exact, prefix or regex',
        })
    })
    eachOf(faults, 'allowMethods', policy.allowMethods, (method) => {
      if (methods.includes(method)) return
      const meant = likelyWord(method, methods)
      error(faults, 'cors/method', [], `"${clip(method)}" is not a method.`, {
        expected: methods.join(', '),
        ...(meant === undefined ? {} : { suggestion: meant }),
      })
    })
    for (const name of ['allowHeaders', 'exposeHeaders'] as const) {
      eachOf(faults, name, policy[name], (header) => {
        if (!isHeaderName(header)) error(faults, 'bad-header-name', [], `"${clip(header)}" is not a header name.`)
      })
    }
    const maxAge = policy.maxAge === undefined ? undefined : parseDuration(policy.maxAge)
    if (maxAge?.ok === true && maxAge.ms % 1000 !== 0)
      error(faults, 'cors/max-age', ['maxAge'], 'maxAge counts whole seconds.', { expected: 'whole seconds, such as 24h or 600s' })
  })
}
