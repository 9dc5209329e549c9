/** Rules of Kubernetes' own kinds that an API server enforces, with an example each that breaks the rule. */
import type { RuleRow } from './rule-row.js'

const head = (apiVersion: string, kind: string): string => `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`
const service = (spec: string): string => `${head('v1', 'Service')}spec: ${spec}\n`
const pod = (spec: string): string => `${head('v1', 'Pod')}spec: ${spec}\n`
const deployment = (spec: string): string => `${head('apps/v1', 'Deployment')}spec: ${spec}\n`
const container = 'containers: [{name: a, image: b}]'

export const kubernetesRules: readonly RuleRow[] = [
  ['service/ports-required', 'text', service('{selector: {a: b}}'), ''],
  ['service/port-name-required', 'text', service('{ports: [{port: 80}, {port: 81}]}'), ''],
  ['service/duplicate-port', 'text', service('{ports: [{name: a, port: 80}, {name: b, port: 80}]}'), ''],
  ['service/duplicate-port-name', 'text', service('{ports: [{name: a, port: 80}, {name: a, port: 81}]}'), ''],
  ['pod/containers-required', 'text', pod('{containers: []}'), ''],
  ['pod/duplicate-container', 'text', pod('{containers: [{name: a, image: b}, {name: a, image: c}]}'), ''],
  [
    'pod/duplicate-port-name',
    'text',
    pod('{containers: [{name: a, image: b, ports: [{name: p, containerPort: 1}, {name: p, containerPort: 2}]}]}'),
    '',
  ],
  ['pod/duplicate-volume', 'text', pod(`{${container}, volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}]}`), ''],
  ['pod/unknown-volume', 'text', pod('{containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]}'), ''],
  ['pod/image', 'text', pod('{containers: [{name: a, image: " b"}]}'), ''],
  [
    'workload/selector-mismatch',
    'text',
    deployment(`{selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: b}}, spec: {${container}}}}`),
    '',
  ],
  ['workload/selector-empty', 'text', deployment(`{selector: {}, template: {metadata: {labels: {app: b}}, spec: {${container}}}}`), ''],
  [
    'workload/restart-policy',
    'text',
    deployment(`{selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {restartPolicy: Never, ${container}}}}`),
    '',
  ],
  ['workload/share', 'text', `${head('policy/v1', 'PodDisruptionBudget')}spec: {minAvailable: 50 %, selector: {}}\n`, ''],
  [
    'cron-job/schedule',
    'text',
    `${head('batch/v1', 'CronJob')}spec: {schedule: daily, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, ${container}}}}}}\n`,
    '',
  ],
]
