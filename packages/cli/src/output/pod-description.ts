/** A Pod as kubectl describes it: where it runs, then each container with its state, and what keeps the Pod from being ready. */
import type { Container, ContainerState, ContainerStatus, PodSpec, PodStatus, Probe, Volume } from '@heddle/config-schema'
import type { KubernetesObject } from '@heddle/client/resources'

const width = 17

interface PodView {
  readonly spec?: PodSpec
  readonly status?: PodStatus
}

/** The lines after the metadata. */
export function describePod(pod: KubernetesObject): readonly string[] {
  const { spec, status } = pod as unknown as PodView
  return [
    row('Service Account', spec?.serviceAccountName ?? 'default'),
    row('Node', spec?.nodeName ?? '<none>'),
    ...describeStatus(status, pod.metadata.deletionTimestamp !== undefined),
    ...describeContainers('Init Containers', spec?.initContainers, status?.initContainerStatuses),
    ...describeContainers('Containers', spec?.containers, status?.containerStatuses),
    'Conditions:',
    ...(status?.conditions ?? []).map(
      ({ type, status: value, reason, message }) => `  ${type.padEnd(27)}${[value, reason, message].filter(Boolean).join('  ')}`,
    ),
    'Volumes:',
    ...(spec?.volumes ?? []).map((volume) => `  ${volume.name}:  ${volumeText(volume)}`),
  ]
}

function describeStatus(status: PodStatus = {}, isTerminating: boolean): readonly string[] {
  return [
    row('Start Time', status.startTime ?? '<unknown>'),
    row('Status', isTerminating ? 'Terminating' : (status.phase ?? 'Pending')),
    ...(status.reason === undefined ? [] : [row('Reason', status.reason)]),
    ...(status.message === undefined ? [] : [row('Message', status.message)]),
    row('IP', status.podIP ?? '<none>'),
  ]
}

function row(title: string, value: string, indent = ''): string {
  return `${indent}${`${title}:`.padEnd(width)}${value}`
}

function describeContainers(
  title: string,
  containers: readonly Container[] = [],
  statuses: readonly ContainerStatus[] = [],
): readonly string[] {
  if (containers.length === 0) return []
  return [
    `${title}:`,
    ...containers.flatMap((container) =>
      describeContainer(
        container,
        statuses.find(({ name }) => name === container.name),
      ),
    ),
  ]
}

function describeContainer(container: Container, status: ContainerStatus | undefined): readonly string[] {
  const line = (title: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [row(title, value, '    ')])
  return [
    `  ${container.name}:`,
    ...line('Image', container.image),
    ...line('Ports', container.ports?.map(({ containerPort, protocol }) => `${containerPort}/${protocol ?? 'TCP'}`).join(', ')),
    ...line('Command', container.command?.join(' ')),
    ...line('Args', container.args?.join(' ')),
    ...line('State', stateText(status?.state) ?? 'Waiting'),
    ...line('Last State', stateText(status?.lastState)),
    ...line('Ready', status?.ready === true ? 'True' : 'False'),
    ...line('Restart Count', String(status?.restartCount ?? 0)),
    ...line('Liveness', probeText(container.livenessProbe)),
    ...line('Readiness', probeText(container.readinessProbe)),
    ...line('Startup', probeText(container.startupProbe)),
    ...list(
      'Environment',
      container.env?.map(({ name, value, valueFrom }) => `${name}=${valueFrom ? sourceText(valueFrom) : (value ?? '')}`),
    ),
    ...list(
      'Mounts',
      container.volumeMounts?.map(({ name, mountPath, readOnly }) => `${mountPath} from ${name}${readOnly ? ' (read only)' : ''}`),
    ),
  ]
}

function list(title: string, lines: readonly string[] | undefined): readonly string[] {
  return lines === undefined || lines.length === 0 ? [] : [`    ${title}:`, ...lines.map((line) => `      ${line}`)]
}

function stateText(state: ContainerState | undefined): string | undefined {
  if (state?.running) return `Running since ${state.running.startedAt ?? 'an unknown time'}`
  if (state?.waiting) return ['Waiting', state.waiting.reason, state.waiting.message].filter(Boolean).join(': ')
  if (!state?.terminated) return undefined
  const { reason, exitCode, finishedAt, message } = state.terminated
  return [`Terminated: ${reason ?? 'Ended'}`, `exit code ${exitCode ?? 0}`, finishedAt && `at ${finishedAt}`, message]
    .filter(Boolean)
    .join(', ')
}

function probeText(probe: Probe | undefined): string | undefined {
  if (!probe) return undefined
  const { httpGet, tcpSocket, grpc, exec } = probe
  const what = httpGet
    ? `http-get :${httpGet.port}${httpGet.path ?? '/'}`
    : tcpSocket
      ? `tcp-socket :${tcpSocket.port}`
      : grpc
        ? `grpc :${grpc.port}`
        : `exec ${exec?.command?.join(' ') ?? ''}`
  return `${what} timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s #failure=${probe.failureThreshold ?? 3}`
}

/** Where a value comes from; the value itself may be secret. */
function sourceText(source: NonNullable<NonNullable<Container['env']>[number]['valueFrom']>): string {
  const { fieldRef, configMapKeyRef, secretKeyRef } = source
  if (fieldRef) return `<field ${fieldRef.fieldPath}>`
  if (configMapKeyRef) return `<key ${configMapKeyRef.key} of config map ${configMapKeyRef.name}>`
  return secretKeyRef ? `<key ${secretKeyRef.key} of secret ${secretKeyRef.name}>` : '<resource>'
}

function volumeText({ name: _name, ...source }: Volume): string {
  const kind = Object.keys(source)[0] ?? 'emptyDir'
  const { configMap, secret } = source
  if (configMap) return `config map ${configMap.name ?? ''}`
  return secret ? `secret ${secret.secretName ?? ''}` : kind
}
