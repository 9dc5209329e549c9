/** Rules of EnvoyFilter: that a patch says where, what and how. The configuration in it is Envoy's and is not looked into. */
import type { EnvoyConfigObjectMatch, EnvoyConfigObjectPatch, EnvoyFilter } from '../gen/types.js'
import { isObject } from '../validate/check-value.js'
import type { FaultList } from '../validate/fault.js'
import { checkPort } from './ports.js'
import { eachOf, error, warning, within } from './reporter.js'
import { checkLabelsSelector } from './sidecar.js'
import { checkTargets } from './targets.js'

export function checkEnvoyFilter({ spec = {} }: EnvoyFilter, faults: FaultList): void {
  within(faults, ['spec'], () => {
    warning(
      faults,
      'envoy-filter/internal',
      [],
      'EnvoyFilter patches generated configuration, which changes with every version; check it after each update.',
    )
    checkLabelsSelector(spec.workloadSelector, faults)
    checkTargets(spec.targetRefs === undefined ? {} : { targetRefs: spec.targetRefs }, faults)
    eachOf(faults, 'configPatches', spec.configPatches, (patch) => checkPatch(patch, faults))
  })
}

type MatchName = 'listener' | 'routeConfiguration' | 'cluster' | 'waypoint'

const matchOf: Readonly<Record<string, readonly MatchName[]>> = {
  LISTENER: ['listener'],
  LISTENER_FILTER: ['listener'],
  FILTER_CHAIN: ['listener'],
  NETWORK_FILTER: ['listener', 'waypoint'],
  HTTP_FILTER: ['listener', 'waypoint'],
  ROUTE_CONFIGURATION: ['routeConfiguration'],
  VIRTUAL_HOST: ['routeConfiguration'],
  HTTP_ROUTE: ['routeConfiguration', 'waypoint'],
  CLUSTER: ['cluster', 'waypoint'],
}
const connectionManagers = new Set(['envoy.filters.network.http_connection_manager', 'envoy.http_connection_manager'])

function checkPatch({ applyTo, match, patch }: EnvoyConfigObjectPatch, faults: FaultList): void {
  if (applyTo === undefined || applyTo === 'INVALID')
    error(faults, 'envoy-filter/apply-to', ['applyTo'], 'A patch needs applyTo: the kind of object that is patched.', {
      part: 'key',
      expected: 'applyTo such as HTTP_FILTER',
    })
  if (applyTo === 'BOOTSTRAP')
    warning(faults, 'deprecated-field', ['applyTo'], 'BOOTSTRAP is deprecated: proxies read their bootstrap before they read patches.')
  checkOperation(patch, faults)
  if (match === undefined) return
  within(faults, ['match'], () => {
    checkContext(match, faults)
    checkFit(applyTo, match, faults)
    checkSubFilter(applyTo, match, faults)
    checkMatchedPorts(match, faults)
    const version = match.proxy?.proxyVersion ?? ''
    if (version.length > 1024)
      warning(
        faults,
        'envoy-filter/long-version',
        ['proxy', 'proxyVersion'],
        'An expression of more than 1024 characters is slow for every proxy.',
      )
  })
}

function checkOperation(patch: EnvoyConfigObjectPatch['patch'], faults: FaultList): void {
  if (patch === undefined) {
    error(faults, 'envoy-filter/patch-required', ['patch'], 'A patch needs "patch" with an operation.', {
      part: 'key',
      expected: 'patch.operation',
    })
    return
  }
  const { operation, value } = patch
  if (operation === undefined || operation === 'INVALID')
    error(faults, 'envoy-filter/operation', ['patch', 'operation'], 'A patch needs an operation.', {
      part: 'key',
      expected: 'MERGE, ADD, REMOVE, INSERT_BEFORE, INSERT_AFTER, INSERT_FIRST or REPLACE',
    })
  else if (operation !== 'REMOVE' && value === undefined)
    error(faults, 'envoy-filter/value', ['patch', 'value'], `Operation ${operation} needs a value.`, {
      part: 'key',
      expected: "Envoy's configuration",
    })
  if (value !== undefined && !isObject(value))
    error(faults, 'wrong-type', ['patch', 'value'], 'The value of a patch is a mapping.', { expected: 'a mapping' })
  else if (isObject(value) && isObject(value['typed_config']) && typeof value['typed_config']['@type'] !== 'string')
    error(
      faults,
      'envoy-filter/type',
      ['patch', 'value', 'typed_config'],
      'typed_config needs "@type": it names the type of the configuration.',
      { expected: '"@type": type.googleapis.com/...' },
    )
}

function checkContext(match: EnvoyConfigObjectMatch, faults: FaultList): void {
  const others = (['listener', 'routeConfiguration', 'cluster'] as const).filter((name) => match[name] !== undefined)
  const isWaypoint = match.context === 'WAYPOINT'
  const wrong = isWaypoint ? others[0] : match.waypoint === undefined ? undefined : 'waypoint'
  if (wrong !== undefined)
    error(
      faults,
      'envoy-filter/waypoint',
      [],
      isWaypoint ? `With context WAYPOINT the match is "waypoint", not "${wrong}".` : 'A waypoint match needs context WAYPOINT.',
    )
}

function checkFit(applyTo: string | undefined, match: EnvoyConfigObjectMatch, faults: FaultList): void {
  const fitting = matchOf[applyTo ?? '']
  if (fitting === undefined) return
  for (const name of ['listener', 'routeConfiguration', 'cluster', 'waypoint'] as const) {
    if (match[name] !== undefined && !fitting.includes(name))
      error(faults, 'envoy-filter/match', [name], `A match by "${name}" does not fit applyTo ${applyTo}.`, {
        part: 'key',
        expected: fitting.join(' or '),
      })
  }
}

function checkSubFilter(applyTo: string | undefined, { listener }: EnvoyConfigObjectMatch, faults: FaultList): void {
  const filter = listener?.filterChain?.filter
  if (filter?.subFilter === undefined) return
  if (applyTo !== 'HTTP_FILTER' || !connectionManagers.has(filter.name ?? ''))
    error(
      faults,
      'envoy-filter/sub-filter',
      ['listener', 'filterChain', 'filter', 'subFilter'],
      'subFilter is a filter of HTTP: it needs applyTo HTTP_FILTER and the filter envoy.filters.network.http_connection_manager.',
      { part: 'key' },
    )
}

function checkMatchedPorts(match: EnvoyConfigObjectMatch, faults: FaultList): void {
  for (const name of ['listener', 'routeConfiguration', 'cluster', 'waypoint'] as const) {
    const number = match[name]?.portNumber
    if (number !== 0) checkPort(number, [name, 'portNumber'], faults)
  }
}
