/** Codes of security, telemetry, Sidecars and EnvoyFilters, and those of validation. */
import type { Code } from '../codes.js'
import { namespace, pod, resource, service, type CodeExample } from './code-example.js'

const patch = (...texts: readonly string[]): string =>
  resource('EnvoyFilter', 'filter', `{configPatches: [${texts.map((text) => `{${text}}`).join(', ')}]}`)
const lua = 'value: {name: envoy.filters.http.lua}'

type PolicyCode = Extract<
  Code,
  | 'IST0002'
  | 'IST0106'
  | 'IST0110'
  | 'IST0111'
  | 'IST0127'
  | 'IST0133'
  | 'IST0149'
  | 'IST0151'
  | 'IST0152'
  | 'IST0153'
  | 'IST0154'
  | 'IST0155'
  | 'IST0157'
  | 'IST0159'
  | 'IST0160'
  | 'IST0166'
  | 'IST0167'
  | 'IST0171'
  | 'IST0175'
  | 'HED0004'
  | 'HED0005'
  | 'HED0006'
  | 'HED0008'
  | 'HED0009'
>

export const policyExamples: Readonly<Record<PolicyCode, CodeExample>> = {
  IST0002: [
    'The field still works and may stop to; the message names what to use.',
    service('a') + resource('DestinationRule', 'a', '{host: a, trafficPolicy: {outlierDetection: {consecutiveErrors: 5}}}'),
  ],
  IST0106: [
    'The resource would be refused. Each rule is explained in [rules.md](rules.md).',
    resource('VirtualService', 'a', '{hosts: [a], http: [{timeout: 5}]}'),
  ],
  IST0110: [
    'Of several Sidecars for a workload one holds.',
    pod('a', 'app: a') +
      resource('Sidecar', 'one', '{workloadSelector: {labels: {app: a}}, egress: [{hosts: ["./*"]}]}') +
      resource('Sidecar', 'two', '{workloadSelector: {labels: {app: a}}, egress: [{hosts: ["*/*"]}]}'),
  ],
  IST0111: [
    'Of several Sidecars for a whole namespace one holds.',
    resource('Sidecar', 'one', '{egress: [{hosts: ["./*"]}]}') + resource('Sidecar', 'two', '{egress: [{hosts: ["*/*"]}]}'),
  ],
  IST0127: [
    'A policy that protects nothing often has a misspelt label, and what it was meant for is open.',
    pod('a', 'app: a') + resource('AuthorizationPolicy', 'a', '{selector: {matchLabels: {app: b}}, rules: [{}]}'),
  ],
  IST0133: [
    'The resource is accepted, and something about it is probably not meant. Each rule is explained in [rules.md](rules.md).',
    resource(
      'Gateway',
      'a',
      '{selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {credentialName: a}}]}',
    ),
  ],
  IST0149: [
    'Claims are known only where a RequestAuthentication checks the token; elsewhere the route never matches.',
    service('a') +
      pod('gateway', 'istio: ingressgateway', '', undefined, 'istio-system') +
      resource(
        'Gateway',
        'a',
        '{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}',
      ) +
      resource(
        'VirtualService',
        'a',
        '{hosts: ["*"], gateways: [a], http: [{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}], route: [{destination: {host: a}}]}]}',
      ),
  ],
  IST0151: [
    'A patch beside another filter does nothing when that filter is not there yet.',
    patch(`applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: INSERT_BEFORE, ${lua}}`),
  ],
  IST0152: [
    'Envoy filters are the only things that can be replaced.',
    patch(`applyTo: CLUSTER, patch: {operation: REPLACE, value: {name: a}}`),
  ],
  IST0153: [
    'Route configurations and routes are made from VirtualServices only.',
    patch('applyTo: HTTP_ROUTE, patch: {operation: ADD, value: {name: a}}'),
  ],
  IST0154: [
    'Route configurations and routes are made from VirtualServices only.',
    patch('applyTo: HTTP_ROUTE, patch: {operation: REMOVE}'),
  ],
  IST0155: [
    'While versions are mixed an earlier patch holds for some proxies only, and this one counts on it.',
    patch(
      `applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND, proxy: {proxyVersion: "^1\\\\.30.*"}}, patch: {operation: INSERT_FIRST, ${lua}}`,
      `applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND}, patch: {operation: REPLACE, ${lua}}`,
    ),
  ],
  IST0157: [
    'Where nothing says who takes the access log, none is written.',
    resource('Telemetry', 'a', '{accessLogging: [{filter: {expression: "response.code >= 400"}}]}'),
  ],
  IST0159: [
    'Of several Telemetries for a workload one holds.',
    pod('a', 'app: a') +
      resource('Telemetry', 'one', '{selector: {matchLabels: {app: a}}, tracing: [{randomSamplingPercentage: 1}]}') +
      resource('Telemetry', 'two', '{selector: {matchLabels: {app: a}}, tracing: [{randomSamplingPercentage: 2}]}'),
  ],
  IST0160: [
    'Of several Telemetries for a whole namespace one holds.',
    resource('Telemetry', 'one', '{tracing: [{randomSamplingPercentage: 1}]}') +
      resource('Telemetry', 'two', '{tracing: [{randomSamplingPercentage: 2}]}'),
  ],
  IST0166: [
    'Gateways of the Gateway API take policies by reference, not by labels.',
    pod('gateway', 'gateway.networking.k8s.io/gateway-name: shop') +
      resource('AuthorizationPolicy', 'a', '{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: shop}}, rules: [{}]}'),
  ],
  IST0167: [
    'Without sidecars, a waypoint is what reads HTTP; without one nothing does.',
    namespace('shop', 'istio.io/dataplane-mode: ambient') +
      resource(
        'RequestAuthentication',
        'a',
        '{jwtRules: [{issuer: https://id.example.com, jwksUri: "https://id.example.com/keys"}]}',
        'shop',
      ),
  ],
  IST0171: [
    'The controller that carries the resource out says that it cannot; why stands in the condition.',
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: default}\nspec: {ports: [{name: http, port: 80}]}\nstatus: {conditions: [{type: istio.io/WaypointBound, status: 'False', reason: NoWaypoint, message: the waypoint is missing, lastTransitionTime: '2026-08-01T00:00:00Z'}]}\n",
  ],
  IST0175: [
    'Whoever may write a RequestAuthentication can make istiod ask addresses that only istiod reaches.',
    resource(
      'Deployment',
      'istiod',
      '{selector: {matchLabels: {app: istiod}}, template: {metadata: {labels: {app: istiod}}, spec: {containers: [{name: discovery, image: pilot}]}}}',
      'istio-system',
      'labels: {app: istiod}',
    ) + resource('RequestAuthentication', 'a', '{jwtRules: [{issuer: https://id.example.com, jwksUri: "https://id.example.com/keys"}]}'),
  ],
  HED0004: [
    'A principal that no workload has is never seen, so the rule never matches (KIA0106 of Kiali).',
    pod('a', 'app: a', '', 'serviceAccountName: client, containers: [{name: app, image: app}]') +
      resource('AuthorizationPolicy', 'a', '{rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/cleint]}}]}]}'),
  ],
  HED0005: [
    'Both sides must agree whether connections are mutual TLS (KIA0205 to KIA0208, KIA0501 of Kiali).',
    service('a') +
      pod('a', 'app: a') +
      resource('PeerAuthentication', 'strict', '{mtls: {mode: STRICT}}') +
      resource('DestinationRule', 'a', '{host: a, trafficPolicy: {tls: {mode: DISABLE}}}'),
  ],
  HED0006: [
    'Who calls is known from its certificate; without mutual TLS nobody has an identity (KIA0105 of Kiali).',
    pod('a', 'app: a') +
      resource('PeerAuthentication', 'plain', '{mtls: {mode: DISABLE}}') +
      resource('AuthorizationPolicy', 'a', '{rules: [{from: [{source: {namespaces: [default]}}]}]}'),
  ],
  HED0008: [
    'A Sidecar that imports a host nobody defines leaves out what was meant, and requests to it fail with 502 or bypass the mesh.',
    service('reviews') + resource('Sidecar', 'a', '{egress: [{hosts: ["./review.default.svc.cluster.local"]}]}'),
  ],
  HED0009: [
    'A selector that matches no workload makes the resource do nothing, silently.',
    pod('a', 'app: a') + resource('PeerAuthentication', 'a', '{selector: {matchLabels: {app: b}}, mtls: {mode: STRICT}}'),
  ],
}
