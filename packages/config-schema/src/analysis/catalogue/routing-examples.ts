/** Codes of routes, gateways, hosts and subsets. */
import type { Code } from '../codes.js'
import { namespace, pod, resource, service, type CodeExample } from './code-example.js'

const route = (host: string, rest = ''): string => `{hosts: [${host}], http: [{route: [{destination: {host: ${host}${rest}}}]}]}`
const gateway = (name: string, server: string, selector = 'istio: ingressgateway'): string =>
  resource('Gateway', name, `{selector: {${selector}}, servers: [${server}]}`)
const plain = '{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}'
const secure = (host: string): string =>
  `{port: {number: 443, name: https, protocol: HTTPS}, hosts: [${host}], tls: {mode: SIMPLE, credentialName: shop-cert}}`
const ingress = pod('gateway', 'istio: ingressgateway', '', undefined, 'istio-system')

type RoutingCode = Extract<
  Code,
  | 'IST0101'
  | 'IST0109'
  | 'IST0112'
  | 'IST0128'
  | 'IST0129'
  | 'IST0130'
  | 'IST0131'
  | 'IST0132'
  | 'IST0134'
  | 'IST0138'
  | 'IST0140'
  | 'IST0145'
  | 'IST0161'
  | 'IST0162'
  | 'IST0165'
  | 'IST0173'
  | 'IST0174'
  | 'IST0177'
  | 'HED0001'
  | 'HED0002'
  | 'HED0003'
  | 'HED0007'
  | 'HED0010'
  | 'HED0011'
>

export const routingExamples: Readonly<Record<RoutingCode, CodeExample>> = {
  IST0101: [
    'What refers to something that does not exist fails when it is used: a request to a host nobody defines is answered with 503.',
    service('reviews') + resource('VirtualService', 'reviews', '{hosts: [reviews], http: [{route: [{destination: {host: review}}]}]}'),
  ],
  IST0109: [
    'Sidecars take one of several VirtualServices for a host and ignore the others; which one may change.',
    service('reviews') + resource('VirtualService', 'one', route('reviews')) + resource('VirtualService', 'two', route('reviews')),
  ],
  IST0112: [
    'Without a port the proxy cannot tell which one is meant, and the route leads nowhere.',
    service('reviews', '[{name: http, port: 80}, {name: grpc, port: 9090}]') + resource('VirtualService', 'reviews', route('reviews')),
  ],
  IST0128: [
    'Without authorities of its own the rule leaves it to the system of the proxy whom to trust.',
    resource('DestinationRule', 'db', '{host: db.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}'),
  ],
  IST0129: [
    'The same as IST0128, for one port.',
    resource(
      'DestinationRule',
      'db',
      '{host: db.example.com, trafficPolicy: {portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE}}]}}',
    ),
  ],
  IST0130: [
    'Routes are tried in order; one behind a route that takes everything never gets a request.',
    service('reviews') +
      resource(
        'VirtualService',
        'reviews',
        '{hosts: [reviews], http: [{route: [{destination: {host: reviews}}]}, {match: [{uri: {prefix: /v2}}], route: [{destination: {host: reviews}}]}]}',
      ),
  ],
  IST0131: [
    'A match that repeats an earlier one, or asks for a longer path than an earlier prefix, does nothing.',
    service('reviews') +
      resource(
        'VirtualService',
        'reviews',
        '{hosts: [reviews], http: [{match: [{uri: {prefix: /api}}], route: [{destination: {host: reviews}}]}, {match: [{uri: {prefix: /api/v2}}, {uri: {prefix: /v2}}], route: [{destination: {host: reviews}}]}]}',
      ),
  ],
  IST0132: [
    'The routes of a VirtualService hold at a gateway only for hosts that the Gateway serves.',
    service('shop') +
      gateway('shop', '{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}') +
      resource('VirtualService', 'shop', '{hosts: [store.example.com], gateways: [shop], http: [{route: [{destination: {host: shop}}]}]}'),
  ],
  IST0134: [
    'Connections that are not HTTP or TLS carry no name, so only their address tells which host is meant.',
    resource('ServiceEntry', 'db', '{hosts: [db.example.com], resolution: DNS, ports: [{number: 5432, name: tcp, protocol: TCP}]}'),
  ],
  IST0138: [
    'Browsers use one HTTP/2 connection for all hosts of a certificate; requests for the hosts of the other Gateway come in on it and find no route.',
    gateway('one', secure('one.example.com')) + gateway('two', secure('two.example.com')),
  ],
  IST0140: [
    'Routes without a gateway hold between sidecars; what comes through a gateway is routed by the VirtualService that names it.',
    service('reviews') +
      gateway('shop', plain) +
      resource('DestinationRule', 'reviews', '{host: reviews, subsets: [{name: v2, labels: {version: v2}}]}') +
      resource('VirtualService', 'reviews', route('reviews', ', subset: v2')) +
      resource(
        'VirtualService',
        'shop',
        '{hosts: [shop.example.com], gateways: [shop], http: [{route: [{destination: {host: reviews}}]}]}',
      ),
  ],
  IST0145: ['Of two servers for the same host and port of one workload only one holds.', gateway('one', plain) + gateway('two', plain)],
  IST0161: [
    'A gateway whose certificate cannot be read does not open its port.',
    ingress +
      gateway('shop', secure('shop.example.com')) +
      '---\napiVersion: v1\nkind: Secret\nmetadata: {name: shop-cert, namespace: istio-system}\nstringData: {tls.crt: nothing}\n',
  ],
  IST0162: [
    'The gateway listens, but its Service does not pass the port on.',
    ingress +
      resource(
        'Service',
        'gateway',
        '{selector: {istio: ingressgateway}, ports: [{name: http, port: 80, targetPort: 8080}]}',
        'istio-system',
      ) +
      gateway('shop', '{port: {number: 8081, name: http, protocol: HTTP}, hosts: ["*"]}'),
  ],
  IST0165: [
    'Istio makes Gateways of its own from those of the Gateway API; their names are no interface.',
    service('shop') +
      resource(
        'VirtualService',
        'shop',
        '{hosts: [shop.example.com], gateways: [shop-istio-autogenerated-k8s-gateway-http], http: [{route: [{destination: {host: shop}}]}]}',
      ),
  ],
  IST0173: [
    'A subset whose labels no workload has is empty, and requests to it fail with 503.',
    service('reviews') +
      pod('reviews-1', 'app: reviews, version: v1') +
      resource('DestinationRule', 'reviews', '{host: reviews, subsets: [{name: v2, labels: {version: v2}}]}'),
  ],
  IST0174: [
    'A rule for a host that does not exist here changes nothing; often the name is misspelt or in another namespace.',
    service('reviews') + resource('DestinationRule', 'reviews', '{host: reviewz, trafficPolicy: {loadBalancer: {simple: RANDOM}}}'),
  ],
  IST0177: [
    'Only one protocol can hold for a host and a port.',
    resource('ServiceEntry', 'one', '{hosts: [a.example.com], resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}') +
      resource('ServiceEntry', 'two', '{hosts: [a.example.com], resolution: DNS, ports: [{number: 443, name: http, protocol: HTTP}]}'),
  ],
  HED0001: [
    'Of two traffic policies for one host, or two subsets of one name, only one holds (KIA0201 of Kiali).',
    service('reviews') +
      resource('DestinationRule', 'one', '{host: reviews, trafficPolicy: {loadBalancer: {simple: RANDOM}}}') +
      resource('DestinationRule', 'two', '{host: reviews, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}'),
  ],
  HED0002: [
    'A single destination gets every request, whatever its weight (KIA1104 of Kiali).',
    service('reviews') +
      resource('VirtualService', 'reviews', '{hosts: [reviews], http: [{route: [{destination: {host: reviews}, weight: 50}]}]}'),
  ],
  HED0003: [
    'The same destination twice is usually a subset that was forgotten (KIA1105 of Kiali).',
    service('reviews') +
      resource(
        'VirtualService',
        'reviews',
        '{hosts: [reviews], http: [{route: [{destination: {host: reviews}, weight: 50}, {destination: {host: reviews}, weight: 50}]}]}',
      ),
  ],
  HED0007: [
    'A subset without labels is the whole host (KIA0209 of Kiali).',
    service('reviews') + resource('DestinationRule', 'reviews', '{host: reviews, subsets: [{name: all}]}'),
  ],
  HED0011: [
    'Applied together, the later one replaces the earlier one; alternatives belong into folders that are not applied together.',
    service('reviews') + resource('VirtualService', 'reviews', route('reviews')) + resource('VirtualService', 'reviews', route('reviews')),
  ],
  HED0010: [
    'The Gateway API lets a route use Services of another namespace only when a ReferenceGrant there says so.',
    namespace('shop') +
      resource('Service', 'cart', '{selector: {app: cart}, ports: [{name: http, port: 80}]}', 'shop') +
      resource('HTTPRoute', 'cart', '{rules: [{backendRefs: [{name: cart, namespace: shop, port: 80}]}]}'),
  ],
}
