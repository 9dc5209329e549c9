/** istio-proxy itself: arguments of pilot-agent, probes on 15021, metrics on 15090, and a security context without privileges. */
import { annotation, parseBoolean } from './annotations.js'
import type { JsonObject } from './json.js'
import { proxyContainerName, type Action, type Container } from './pod-spec.js'
import { proxyEnvironment } from './proxy-environment.js'
import { proxyResources } from './proxy-resources.js'
import { bootstrapVolume, proxyVolumeMounts } from './proxy-volumes.js'
import { annotated, imageOf, pullPolicyOf, statusPortOf, type TemplateInput } from './template.js'

const healthCheck = { path: '/healthz/ready', port: 15_021 } as const
const metricsPort = { name: 'http-envoy-prom', containerPort: 15_090, protocol: 'TCP' } as const

/** The sidecar: a native one restarts for ever as an init container and drains at preStop; a classic one may hold the app back at postStart. */
export function sidecarContainer(input: TemplateInput): Container {
  const hook = lifecycle(input)
  return {
    ...start(input, 'sidecar'),
    ...(hasProbes(input) ? { ...startupProbe(input), readinessProbe: readinessProbe(input) } : {}),
    ...(hook ? { lifecycle: hook } : {}),
    resources: proxyResources(input),
    ...(input.isNative ? { restartPolicy: 'Always' } : {}),
    securityContext: securityContext(input),
    volumeMounts: [...proxyVolumeMounts(true), ...bootstrapVolume(input.pod).mounts],
  }
}

/** The proxy as the only container of a gateway's Pod. */
export function gatewayContainer(input: TemplateInput): Container {
  return {
    ...start(input, 'router'),
    ...(hasProbes(input) ? { readinessProbe: readinessProbe(input) } : {}),
    resources: {},
    securityContext: { runAsGroup: 1337, runAsUser: 1337 },
    volumeMounts: proxyVolumeMounts(false),
  }
}

function start(input: TemplateInput, role: 'sidecar' | 'router'): Container {
  const { settings } = input
  return {
    name: proxyContainerName,
    image: imageOf(input),
    ...pullPolicyOf(settings),
    args: [
      'proxy',
      role,
      '--domain',
      `$(POD_NAMESPACE).svc.${settings.clusterDomain}`,
      `--proxyLogLevel=${annotated(input, annotation.logLevel, settings.logLevel)}`,
      `--proxyComponentLogLevel=${annotated(input, annotation.componentLogLevel, settings.componentLogLevel)}`,
      `--log_output_level=${annotated(input, annotation.agentLogLevel, settings.agentLogLevel)}`,
    ],
    env: proxyEnvironment(input),
    ports: [{ ...metricsPort }],
  }
}

function hasProbes(input: TemplateInput): boolean {
  return statusPortOf(input) !== '0'
}

function startupProbe({ settings }: TemplateInput): { startupProbe?: Action } {
  const failureThreshold = settings.startupFailureThreshold
  return failureThreshold === 0
    ? {}
    : { startupProbe: { httpGet: { ...healthCheck }, periodSeconds: 1, timeoutSeconds: 3, failureThreshold } }
}

function readinessProbe(input: TemplateInput): Action {
  const { settings } = input
  const count = (name: string, fallback: number): number => Number(annotated(input, name, String(fallback)))
  const initialDelaySeconds = count(annotation.readinessInitialDelay, settings.readinessInitialDelaySeconds)
  return {
    httpGet: { ...healthCheck },
    ...(initialDelaySeconds === 0 ? {} : { initialDelaySeconds }),
    periodSeconds: count(annotation.readinessPeriod, settings.readinessPeriodSeconds),
    timeoutSeconds: 3,
    failureThreshold: count(annotation.readinessFailures, settings.readinessFailureThreshold),
  }
}

function lifecycle(input: TemplateInput): Container['lifecycle'] {
  const drain = ['pilot-agent', 'request', `--debug-port=${statusPortOf(input)}`, 'POST', 'drain']
  if (input.isNative) return { preStop: { exec: { command: drain } } }
  return input.proxyConfig.holdApplicationUntilProxyStarts ? { postStart: { exec: { command: ['pilot-agent', 'wait'] } } } : undefined
}

/** TPROXY and ports below 1024 need root and a capability; otherwise the proxy is uid 1337, whose traffic is not captured. */
function securityContext(input: TemplateInput): JsonObject {
  const isTproxy = input.proxyConfig.interceptionMode === 'TPROXY'
  const bindsLowPorts = parseBoolean(annotated(input, annotation.capNetBindService, 'false')) === true
  const add = [...(isTproxy ? ['NET_ADMIN'] : []), ...(bindsLowPorts ? ['NET_BIND_SERVICE'] : [])]
  const isRoot = add.length > 0
  return {
    allowPrivilegeEscalation: false,
    privileged: false,
    capabilities: { ...(isRoot ? { add } : {}), drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsGroup: 1337,
    runAsUser: isRoot ? 0 : 1337,
    runAsNonRoot: !isRoot,
  }
}
