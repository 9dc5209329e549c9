/** networking.istio.io WorkloadGroup: the template from which the WorkloadEntries of a group of machines are made. */
import { described, int32, integer, list, map, object, required, shortText, text, type ObjectType } from '../model/field-type.js'
import { workloadEntrySpec } from './workload-entry.js'

const portNumber = integer(0, 4_294_967_295)

const header = object('HealthCheckHeader', { name: described(text('jwt-header'), 'Header name.'), value: text() })

const httpGet = object('HTTPHealthCheckConfig', {
  path: described(text(), 'Path to ask for.'),
  port: required(portNumber),
  host: described(text(), 'Host to connect to; absent means the address of the workload.'),
  scheme: described(text(), 'HTTP or HTTPS.'),
  httpHeaders: list(header),
})

const probe = object(
  'ReadinessProbe',
  {
    initialDelaySeconds: described(int32, 'Seconds before the first check.'),
    timeoutSeconds: { type: int32, default: 1 },
    periodSeconds: { type: int32, default: 10 },
    successThreshold: { type: int32, default: 1 },
    failureThreshold: { type: int32, default: 3 },
    httpGet,
    tcpSocket: object('TCPHealthCheckConfig', { host: text(), port: required(portNumber) }),
    exec: object('ExecHealthCheckConfig', { command: required(list(shortText(65_536)), 'Exit status 0 means ready.') }),
    grpc: object('GrpcHealthCheckConfig', { port: portNumber, service: text() }),
  },
  { oneOf: [{ fields: ['httpGet', 'tcpSocket', 'exec', 'grpc'] }], doc: 'How to tell that a workload of the group is ready.' },
)

const metadata = object('WorkloadGroupObjectMeta', {
  labels: described(map(text('label-value'), { keys: 'label-key', maxEntries: 256 }), 'Labels of the WorkloadEntries.'),
  annotations: described(map(text(), { maxEntries: 256 }), 'Annotations of the WorkloadEntries.'),
})

export const workloadGroupSpec: ObjectType = object(
  'WorkloadGroupSpec',
  {
    metadata: described(metadata, 'What the WorkloadEntries get as their metadata.'),
    template: required(workloadEntrySpec, 'What the WorkloadEntries have in common.'),
    probe,
  },
  { doc: 'A template for the WorkloadEntries of a group of machines.' },
)
