/** Rules of RequestAuthentication: issuers, and keys that can be read. */
import type { JWTRule, RequestAuthentication } from '../gen/types.js'
import { clip } from '../model/clip.js'
import type { FaultList } from '../validate/fault.js'
import { isObject } from '../validate/check-value.js'
import { warnOfHeaderName } from './lenient-header.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkTargets } from './targets.js'

export function checkRequestAuthentication({ spec = {} }: RequestAuthentication, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec, faults)
    eachOf(faults, 'jwtRules', spec.jwtRules, (rule) => checkJwtRule(rule, faults))
  })
}

function checkJwtRule(rule: JWTRule, faults: FaultList): void {
  const { issuer = '', jwksUri = rule.jwks_uri, jwks } = rule
  if (issuer === '' && !jwksUri && !jwks)
    error(faults, 'request-authentication/issuer-required', ['issuer'], 'A rule needs an issuer, or keys: jwksUri or jwks.', {
      part: 'key',
      expected: 'issuer, jwksUri or jwks',
    })
  if (jwksUri) checkUri(jwksUri, [rule.jwksUri === undefined ? 'jwks_uri' : 'jwksUri'], faults)
  if (jwks !== undefined && jwks !== '') checkKeys(jwks, faults)
  eachOf(faults, 'fromHeaders', rule.fromHeaders, ({ name }) => {
    if (name === '') error(faults, 'missing-field', ['name'], 'The header needs a name.', { expected: 'a header name' })
    else warnOfHeaderName(name, ['name'], faults)
  })
  if (rule.outputPayloadToHeader) warnOfHeaderName(rule.outputPayloadToHeader, ['outputPayloadToHeader'], faults)
}

function checkUri(text: string, below: readonly string[], faults: FaultList): void {
  if (isAddressOfKeys(text)) return
  error(faults, 'request-authentication/jwks-uri', below, `"${clip(text)}" is not the address of keys.`, {
    expected: 'an http:// or https:// address',
    ...(/^[\w.-]+\.[a-z]+\//.test(text) ? { suggestion: `https://${clip(text)}` } : {}),
  })
}

function isAddressOfKeys(text: string): boolean {
  const authority = /^https?:\/\/([^/?#\s]+)\S*$/.exec(text)?.[1]
  const port = authority === undefined ? undefined : /:([^:\]]*)$/.exec(authority)?.[1]
  return authority !== undefined && (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
}

const privateFields = ['d', 'p', 'q', 'dp', 'dq', 'qi']

function checkKeys(text: string, faults: FaultList): void {
  const keys = parseKeys(text)
  if (keys === undefined) {
    error(faults, 'request-authentication/jwks', ['jwks'], 'This is no JSON Web Key Set.', { expected: '{"keys": [...]} as JSON' })
  } else if (keys.some((key) => isObject(key) && privateFields.some((name) => name in key))) {
    warning(
      faults,
      'request-authentication/private-key',
      ['jwks'],
      'This set holds a private key: whoever reads the resource can make tokens. Keep the public fields only.',
    )
  }
}

/** @returns undefined when the text is no set of keys. */
function parseKeys(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && Array.isArray(value['keys']) ? (value['keys'] as unknown[]) : undefined
  } catch {
    return undefined
  }
}
