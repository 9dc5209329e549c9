/** Names of headers in fields where istiod and Envoy take any text of one line: no request ever has the header, and nobody says so. */
import { clip } from '../model/clip.js'
import type { PathSegment } from '../path.js'
import type { FaultList } from '../validate/fault.js'
import { isHeaderName } from './header-name.js'
import { warning } from './reporter.js'

/** What a proxy calls the method, the path and the host of a request. */
const pseudoHeader = /^:[a-z]+$/

export function warnOfHeaderName(name: string, below: readonly PathSegment[], faults: FaultList): void {
  if (isHeaderName(name) || pseudoHeader.test(name)) return
  const message = `"${clip(name)}" is not a header name: Istio takes it, and no request ever has such a header.`
  warning(faults, 'bad-header-name', below, message, { expected: 'letters, digits and "-"' })
}
