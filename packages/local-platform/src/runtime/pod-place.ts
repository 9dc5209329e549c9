/** Where the containers of one Pod run: what their commands, environment, probes and volumes are made from. */
import type { Clock } from '@heddle/base'
import { boundPort, type KubernetesObject } from '@heddle/client'
import { type CommandPlace, runCommand } from './command-runner.js'
import { execEnvironment, type Launch, type LaunchContext, type LaunchSettings, planLaunch } from './container-launch.js'
import type { HandlerTarget } from './handler.js'
import type { ListeningPlace } from './listening.js'
import type { Container, Pod } from './pod.js'
import type { PodRecord } from './pod-record.js'
import type { VolumeSources } from './volume-files.js'

export interface PodPlaceDeps {
  readonly clock: Clock
  readonly settings: () => LaunchSettings
  readonly nodeName: string
  readonly hostIp: string
  readonly configMap: (name: string, namespace: string) => KubernetesObject | undefined
  readonly secret: (name: string, namespace: string) => KubernetesObject | undefined
}

export interface PodPlace {
  /** What to run for a container now. @throws HEDDLE_RUNTIME_IMAGE, HEDDLE_RUNTIME_CONFIG */
  plan(container: Container, restartCount: number): Launch
  target(container: Container, launch: Launch): HandlerTarget
  /** Where the program will listen, if it declares a TCP port. */
  listensAt(container: Container): ListeningPlace | undefined
  /** For a command that a user or a probe runs in the container. */
  commandPlace(launch: Launch, command: readonly string[]): CommandPlace
  sources(): VolumeSources
}

/** @param pod gives the Pod as the API has it now. */
export function createPodPlace(pod: () => Pod, record: PodRecord, podDirectory: string, deps: PodPlaceDeps): PodPlace {
  const { podIp, appAddress, portMap, namespace } = record
  const sources = (): VolumeSources => ({
    pod: pod(),
    place: { podIp, nodeName: deps.nodeName, hostIp: deps.hostIp },
    configMap: (name) => deps.configMap(name, namespace),
    secret: (name) => deps.secret(name, namespace),
  })
  const launchContext = (): LaunchContext => ({ settings: deps.settings(), record, podDirectory, sources: sources() })
  const commandPlace = (launch: Launch, command: readonly string[]): CommandPlace => ({
    environment: execEnvironment(launch, command, launchContext()),
    workingDirectory: launch.workingDirectory,
    podIp,
  })
  return {
    sources,
    commandPlace,
    plan: (container, restartCount) => planLaunch(container, restartCount, launchContext()),
    target: (container, launch) => ({
      container,
      clock: deps.clock,
      podIp,
      boundPort: (declared) => boundPort(portMap, declared),
      run: (command, timeoutMs) =>
        runCommand(command, commandPlace(launch, command), {
          timeoutMs,
          onTimeout: (callback) => deps.clock.setTimer(timeoutMs, callback),
        }),
    }),
    listensAt(container) {
      const declared = container.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort
      return declared === undefined ? undefined : { host: appAddress, port: boundPort(portMap, declared) }
    },
  }
}
