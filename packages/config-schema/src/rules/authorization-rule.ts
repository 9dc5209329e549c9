/** Rules of the parts of an AuthorizationPolicy rule: source, operation and condition. */
import { nearest } from '@heddle/base'
import type { AuthorizationCondition, AuthorizationOperation, AuthorizationRule, AuthorizationSource } from '../gen/types.js'
import { clip } from '../model/clip.js'
import { checkSubnet, isDnsLabel } from '../model/host-format.js'
import type { FaultList } from '../validate/fault.js'
import { eachOf, error } from './reporter.js'

/** What an external authorizer is never asked about, since it needs the identity of the peer. */
const identityFields = ['namespaces', 'serviceAccounts', 'trustDomains', 'principals', 'requestPrincipals']

export function checkSource(source: AuthorizationSource, isCustom: boolean, faults: FaultList): void {
  for (const [name, values] of Object.entries(source) as [keyof AuthorizationSource, unknown][]) {
    if (isCustom && identityFields.includes(positive(name)))
      error(faults, 'authorization-policy/custom-source', [name], `Action CUSTOM cannot ask for "${name}".`, { part: 'key' })
    checkValues(name, values, faults)
  }
  checkAccounts(source, faults)
  for (const name of ['trustDomains', 'notTrustDomains'] as const)
    eachOf(faults, name, source[name], (domain) => {
      const problem = trustDomainProblem(domain)
      if (problem !== undefined)
        error(faults, 'authorization-policy/trust-domain', [], problem, {
          expected: 'a trust domain such as cluster.local or *.example.com',
        })
    })
}

/** `notPrincipals` -> `principals`. */
function positive(name: string): string {
  return name.startsWith('not') ? `${name.charAt(3).toLowerCase()}${name.slice(4)}` : name
}

function checkAccounts(source: AuthorizationSource, faults: FaultList): void {
  for (const name of ['serviceAccounts', 'notServiceAccounts'] as const) {
    if ((source[name] ?? []).length === 0) continue
    for (const other of ['principals', 'namespaces', 'notPrincipals', 'notNamespaces'] as const) {
      if ((source[other] ?? []).length === 0) continue
      error(
        faults,
        'authorization-policy/service-accounts',
        [name],
        `"${name}" already says the namespace and the identity; it cannot stand beside "${other}".`,
        {
          part: 'key',
          related: [{ path: [...faults.path, other], message: 'What it excludes.' }],
        },
      )
      break
    }
    eachOf(faults, name, source[name], (account) => checkAccount(account, faults))
  }
}

function checkAccount(account: string, faults: FaultList): void {
  const parts = account.split('/')
  if (account.includes('*'))
    error(faults, 'authorization-policy/service-account', [], `"${clip(account)}": accounts are named in full, without "*".`, {
      expected: 'ACCOUNT or NAMESPACE/ACCOUNT',
    })
  else if (parts.length > 2 || parts.some((part) => part === '') || (parts.length === 2 && !isDnsLabel(parts[0] ?? '')))
    error(faults, 'authorization-policy/service-account', [], `"${clip(account)}" is not a service account.`, {
      expected: 'ACCOUNT or NAMESPACE/ACCOUNT',
    })
}

/** One `*`, at one end. */
function trustDomainProblem(domain: string): string | undefined {
  if (domain.includes('/')) return `"${clip(domain)}": a trust domain has no "/".`
  const stars = domain.split('*').length - 1
  const isAtEdge = stars === 0 || (stars === 1 && (domain.startsWith('*') || domain.endsWith('*')))
  return isAtEdge ? undefined : `"${clip(domain)}": "*" stands once, at the beginning or the end.`
}

export function checkOperation(operation: AuthorizationOperation, faults: FaultList): void {
  for (const [name, values] of Object.entries(operation) as [keyof AuthorizationOperation, unknown][]) checkValues(name, values, faults)
  for (const name of ['ports', 'notPorts'] as const) eachOf(faults, name, operation[name], (port) => checkPort(port, faults))
  for (const name of ['paths', 'notPaths'] as const) eachOf(faults, name, operation[name], (path) => checkTemplate(path, faults))
}

/** @param values anything, where the name is that of no field. */
function checkValues(name: string, values: unknown, faults: FaultList): void {
  if (!Array.isArray(values)) return
  if (values.length === 0)
    error(faults, 'authorization-policy/empty', [name], `"${name}" is empty; name a value, or remove it.`, { part: 'key' })
  eachOf(faults, name, values as readonly unknown[], (value) => {
    if (value === '') error(faults, 'authorization-policy/empty', [], `An entry of "${name}" is empty.`)
  })
}

function checkPort(port: string, faults: FaultList): void {
  if (port === '' || (/^(?:0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535)) return
  error(faults, 'bad-port', [], `"${clip(port)}" is not a port.`, { expected: 'a port number in quotes' })
}

/** `{*}` is one segment, `{**}` any number; after `{**}` no other may stand. */
function checkTemplate(path: string, faults: FaultList): void {
  if (!/[{}]/.test(path)) return
  const expected = '{*} for one segment, {**} for the rest, each a whole segment'
  const segments = path.split('/')
  const bad = segments.find((segment) => /[{}]/.test(segment) && segment !== '{*}' && segment !== '{**}')
  const rest = segments.indexOf('{**}')
  if (bad !== undefined)
    error(faults, 'authorization-policy/path-template', [], `"${clip(bad)}" is no part of a path template.`, { expected })
  else if (rest >= 0 && segments.slice(rest + 1).some((segment) => segment.startsWith('{')))
    error(faults, 'authorization-policy/path-template', [], '{**} must be the last operator of a path template.', { expected })
  else if (path.includes('*}') && /\*(?![*}])/.test(path.replaceAll(/\{\*\*?\}/g, '')))
    error(faults, 'authorization-policy/path-template', [], 'A path template has no other "*".', { expected })
}

const conditionKeys = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.serviceAccount',
  'source.principal',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
]
const patternKeys = [/^request\.headers\[[^\]]+\]$/, /^request\.auth\.claims(?:\[[^\]]+\])+$/, /^experimental\.envoy\.filters\..+$/]
const identityKeys = new Set([
  'source.namespace',
  'source.serviceAccount',
  'source.principal',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
])

export function checkCondition({ key, values = [], notValues = [] }: AuthorizationCondition, isCustom: boolean, faults: FaultList): void {
  if (key === undefined) return
  if (!conditionKeys.includes(key) && !patternKeys.some((pattern) => pattern.test(key))) return reportKey(key, faults)
  if (isCustom && (identityKeys.has(key) || key.startsWith('request.auth.claims')))
    error(faults, 'authorization-policy/custom-source', ['key'], `Action CUSTOM cannot ask for "${key}".`)
  if (values.length === 0 && notValues.length === 0)
    error(faults, 'authorization-policy/values-required', ['values'], 'A condition needs values or notValues.', {
      part: 'key',
      expected: 'values or notValues',
    })
  for (const [name, entries] of Object.entries({ values, notValues })) {
    eachOf(faults, name, entries, (value) => {
      if (value === '') error(faults, 'authorization-policy/empty', [], `An entry of "${name}" is empty.`)
      else checkConditionValue(key, value, faults)
    })
  }
}

function checkConditionValue(key: string, value: string, faults: FaultList): void {
  if (key.endsWith('.ip')) {
    const problem = checkSubnet(value)
    if (problem !== undefined) error(faults, 'bad-address', [], `${problem}.`, { expected: 'an IP address or a range such as 10.0.0.0/8' })
  } else if (key === 'destination.port') checkPort(value, faults)
  else if (key === 'source.serviceAccount') checkAccount(value, faults)
  else if (key === 'source.trustDomain') {
    const problem = trustDomainProblem(value)
    if (problem !== undefined) error(faults, 'authorization-policy/trust-domain', [], problem)
  }
}

function reportKey(key: string, faults: FaultList): void {
  const [, before = '', inside = ''] = /^([^[]*)((?:\[+[^[\]]+\]*)+)$/.exec(key) ?? []
  const named = inside === '' ? undefined : nearest(before, ['request.headers', 'request.auth.claims'])
  const parts = inside.split(/[[\]]+/).filter((part) => part !== '')
  const suggestion = named === undefined ? nearest(key, conditionKeys) : clip(`${named}[${parts.join('][')}]`)
  error(faults, 'authorization-policy/condition-key', ['key'], `"${clip(key)}" is not an attribute that can be asked for.`, {
    expected: `request.headers[NAME], request.auth.claims[NAME], or one of ${conditionKeys.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

const httpSourceFields = ['requestPrincipals', 'notRequestPrincipals', 'remoteIpBlocks', 'notRemoteIpBlocks']
const httpOperationFields = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths']

/** A rule that asks for what only HTTP requests have, on all ports. */
export function asksHttpOfAllPorts({ from = [], to = [], when = [] }: AuthorizationRule): boolean {
  const fields = [...from.flatMap(({ source = {} }) => Object.keys(source)), ...to.flatMap(({ operation = {} }) => Object.keys(operation))]
  const keys = when.map(({ key }: Partial<AuthorizationCondition>) => key ?? '')
  const isHttp = (field: string): boolean => httpSourceFields.includes(field) || httpOperationFields.includes(field)
  const namesPorts = fields.some((field) => field === 'ports' || field === 'notPorts') || keys.includes('destination.port')
  return !namesPorts && (fields.some(isHttp) || keys.some((key) => key.startsWith('request.')))
}
