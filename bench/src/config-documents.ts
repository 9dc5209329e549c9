/** Manifests as people write them: what the validators are measured with. One document of each kind, each valid. */

const virtualService = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: shop
  labels: {app: reviews}
spec:
  hosts:
  - reviews
  - reviews.example.com
  gateways: [mesh, edge/public]
  http:
  - name: canary  # by header
    match:
    - headers:
        x-user: {exact: tester}
      uri: {prefix: /api}
    route:
    - destination: {host: reviews, subset: v2, port: {number: 9080}}
    timeout: 5s
    retries:
      attempts: 3
      perTryTimeout: 2s
      retryOn: 5xx,reset
  - match:
    - uri: {exact: /healthz}
    - uri: {regex: "/v[0-9]+/.*"}
    rewrite: {uri: /}
    route:
    - destination: {host: reviews, subset: v1}
      weight: 90
    - destination: {host: reviews, subset: v2}
      weight: 10
  - route:
    - destination: {host: reviews, subset: v1}
`

const destinationRule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews.shop.svc.cluster.local
  trafficPolicy:
    connectionPool:
      tcp: {maxConnections: 100, connectTimeout: 30ms}
      http: {http2MaxRequests: 1000, maxRequestsPerConnection: 10}
    outlierDetection:
      consecutive5xxErrors: 7
      interval: 5m
      baseEjectionTime: 15m
    loadBalancer: {simple: LEAST_REQUEST}
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
    trafficPolicy:
      tls: {mode: ISTIO_MUTUAL}
`

const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: public
  namespace: edge
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*.example.com"]
    tls: {httpsRedirect: true}
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: ["shop/*.example.com"]
    tls:
      mode: SIMPLE
      credentialName: example-com
`

const serviceEntry = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: payments
spec:
  hosts: [api.payments.example]
  location: MESH_EXTERNAL
  resolution: DNS
  ports:
  - {number: 443, name: https, protocol: TLS}
  - {number: 80, name: http, protocol: HTTP}
  endpoints:
  - address: eu.payments.example
    locality: eu/west
    ports: {https: 8443}
`

const authorizationPolicy = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: reviews
spec:
  selector:
    matchLabels: {app: reviews}
  action: ALLOW
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/productpage]
        notNamespaces: [legacy]
    to:
    - operation: {methods: [GET, POST], paths: [/api/*, /healthz]}
    when:
    - key: request.headers[x-version]
      values: [v1, v2]
`

const peerAuthentication = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
spec:
  selector:
    matchLabels: {app: reviews}
  mtls: {mode: STRICT}
  portLevelMtls:
    8080: {mode: PERMISSIVE}
`

export const configDocuments: readonly string[] = [
  virtualService,
  destinationRule,
  gateway,
  serviceEntry,
  authorizationPolicy,
  peerAuthentication,
]

/** What somebody has open in an editor: one VirtualService of some 200 lines. */
export const longDocument: string = virtualService.replace(
  '  http:\n',
  (line) => line + Array.from({ length: 23 }, (_, index) => itemRoute(index)).join(''),
)

function itemRoute(index: number): string {
  return `  - match:
    - uri: {exact: /item/${index}}
      headers:
        x-tier:
          exact: gold
    route:
    - destination: {host: reviews, subset: v1}
`
}
