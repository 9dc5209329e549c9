/** telemetry.istio.io Telemetry: traces, metrics and access logs of workloads. One schema for all served versions. */
import {
  decimal,
  described,
  describedWords,
  duration,
  list,
  map,
  object,
  oneWord,
  required,
  shortText,
  text,
  type Field,
  type ObjectType,
} from '../model/field-type.js'
import { optionalFlag, targetChoice, targets } from './shared.js'

const mode: Field = {
  type: describedWords({
    CLIENT_AND_SERVER: 'Both sides of a request.',
    CLIENT: 'The side that sends it.',
    SERVER: 'The side that receives it.',
  }),
  default: 'CLIENT_AND_SERVER',
  doc: 'Which side of a request.',
}
const providers = described(
  list(object('TelemetryProviderRef', { name: required(shortText(65_536)) })),
  'Extension providers of the mesh configuration.',
)

const customTag = object(
  'TelemetryCustomTag',
  {
    literal: object('TelemetryLiteral', { value: required(shortText(65_536)) }),
    environment: object('TelemetryEnvironment', { name: required(shortText(65_536)), defaultValue: text() }),
    header: object('TelemetryRequestHeader', { name: required(shortText(65_536)), defaultValue: text() }),
    formatter: object('TelemetryFormatter', { value: required(shortText(65_536)) }),
  },
  { oneOf: [{ fields: ['literal', 'environment', 'header', 'formatter'] }] },
)

const tracing = object('TelemetryTracing', {
  match: object('TelemetryTracingSelector', { mode }),
  providers,
  randomSamplingPercentage: { type: decimal({ min: 0, max: 100 }), isNullable: true, doc: 'Share of the requests that are traced.' },
  disableSpanReporting: { ...optionalFlag, doc: 'Passes trace headers on and reports nothing.' },
  customTags: described(map(customTag), 'Tags of spans.'),
  enableIstioTags: { ...optionalFlag, default: true },
  useRequestIdForTraceSampling: { ...optionalFlag, default: true },
  disableContextPropagation: { ...optionalFlag, default: false },
})

const metric = oneWord(
  'ALL_METRICS',
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
)

const tagOverride = object(
  'TelemetryTagOverride',
  {
    operation: { type: describedWords({ UPSERT: 'Adds the tag, or changes it.', REMOVE: 'Takes the tag away.' }), default: 'UPSERT' },
    value: described(text(), 'CEL expression; UPSERT needs it, REMOVE forbids it.'),
  },
  {
    cel: [
      {
        rule: "((has(self.operation) ? self.operation : '') == 'UPSERT') ? (self.value != '') : true",
        message: 'value must be set when operation is UPSERT',
      },
      {
        rule: "((has(self.operation) ? self.operation : '') == 'REMOVE') ? !has(self.value) : true",
        message: 'value must not be set when operation is REMOVE',
      },
    ],
  },
)

const metricsOverride = object('TelemetryMetricsOverride', {
  match: object(
    'TelemetryMetricSelector',
    { metric, customMetric: shortText(65_536), mode },
    { oneOf: [{ fields: ['metric', 'customMetric'] }] },
  ),
  disabled: optionalFlag,
  tagOverrides: map(tagOverride),
})

const metrics = object('TelemetryMetrics', {
  providers,
  overrides: list(metricsOverride),
  reportingInterval: { type: duration, default: '5s' },
})

const accessLogging = object('TelemetryAccessLogging', {
  match: object('TelemetryLogSelector', { mode }),
  providers,
  disabled: optionalFlag,
  filter: object('TelemetryLogFilter', { expression: described(text(), 'CEL expression; only requests for which it holds are logged.') }),
})

export const telemetrySpec: ObjectType = object(
  'TelemetrySpec',
  {
    ...targets,
    tracing: described(list(tracing), 'One entry is used.'),
    metrics: described(list(metrics), 'Metrics, their tags, and where they go.'),
    accessLogging: described(list(accessLogging), 'Access logs, and where they go.'),
  },
  { oneOf: [targetChoice], doc: 'Traces, metrics and access logs of workloads.' },
)
