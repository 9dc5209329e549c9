/**
 * Envoy's `/config_dump`: what is in force, and as `error_state` what of the newest configuration is not. Secrets are shown
 * by name, kind and validity only.
 */
import type { RefusedResource } from '@heddle/proxy-core'
import type { Cluster, Listener, RouteConfiguration } from '@heddle/routing'
import { encode, encodeCluster, encodeListener, encodeRouteConfiguration, toJson, type XdsResource } from '@heddle/xds'
import type { DataPlaneView } from '../engine/data-plane.js'
import type { SecretRow } from './secret-rows.js'

interface DumpedState {
  readonly name: string
  readonly state: object
}

export function configDump({ config, refused }: DataPlaneView, secrets: readonly SecretRow[]): object {
  const { clusters, endpoints, listeners, routeConfigurations } = encode(config, 'istio')
  const active = (wrapper: string, resources: readonly XdsResource[]): readonly DumpedState[] =>
    resources.map((resource) => ({ name: resource.name, state: versioned(resource, wrapper) }))
  const activeListeners = listeners.map((listener) => ({
    name: listener.name,
    state: { name: listener.name, active_state: versioned(listener, 'listener') },
  }))
  return {
    configs: [
      dump('ClustersConfigDump', 'dynamic_active_clusters', withErrors('cluster', active('cluster', clusters), refused)),
      dump(
        'EndpointsConfigDump',
        'dynamic_endpoint_configs',
        endpoints.map((endpoint) => versioned(endpoint, 'endpoint_config')),
      ),
      dump('ListenersConfigDump', 'dynamic_listeners', withErrors('listener', activeListeners, refused)),
      dump(
        'RoutesConfigDump',
        'dynamic_route_configs',
        withErrors('route configuration', active('route_config', routeConfigurations), refused),
      ),
      dump(
        'SecretsConfigDump',
        'dynamic_active_secrets',
        secrets.map((secret) => ({ name: secret.name, secret })),
      ),
    ],
  }
}

function dump(type: string, list: string, entries: readonly object[]): object {
  return { '@type': `type.googleapis.com/envoy.admin.v3.${type}`, [list]: entries }
}

function versioned(resource: XdsResource, wrapper: string): object {
  return { version_info: resource.version, [wrapper]: toJson(resource) }
}

/** A refused resource stands beside its last good version, or alone when it never had one. */
function withErrors(kind: RefusedResource['kind'], active: readonly DumpedState[], refused: readonly RefusedResource[]): readonly object[] {
  const own = refused.filter((one) => one.kind === kind)
  const never = own.filter(({ name }) => !active.some((one) => one.name === name)).map(({ name }) => ({ name, state: { name } }))
  return [...active, ...never].map(({ name, state }) => {
    const refusal = own.find((one) => one.name === name)
    return refusal === undefined ? state : { ...state, error_state: errorState(refusal) }
  })
}

function errorState({ kind, message, lastAttemptMs, config }: RefusedResource): object {
  const failed = config === undefined ? undefined : encodeAs(kind, config)
  return {
    ...(failed === undefined ? {} : { failed_configuration: toJson(failed), version_info: failed.version }),
    last_update_attempt: new Date(lastAttemptMs).toISOString(),
    details: message,
  }
}

function encodeAs(kind: RefusedResource['kind'], config: NonNullable<RefusedResource['config']>): XdsResource {
  if (kind === 'listener') return encodeListener(config as Listener, 'istio')
  if (kind === 'cluster') return encodeCluster(config as Cluster, 'istio')
  return encodeRouteConfiguration(config as RouteConfiguration)
}
