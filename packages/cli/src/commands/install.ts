/** `heddle install --profile demo`: the mesh's own resources, each as it becomes ready. */
import type { KubernetesObject, ResourceClient } from '@heddle/client/resources'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'
import { usageError } from '../command/parse.js'
import { formatYaml } from '@heddle/config-schema'
import { parseSettings } from '../install/mesh-settings.js'
import { isAccessRule } from '../install/access-rules.js'
import { demoProfile } from '../install/demo-profile.js'
import { chosenGatewayPorts } from '../install/ingress-gateway.js'
import { istioNamespace } from '../install/profile.js'
import { untilDeploymentAvailable } from '../install/readiness.js'
import { trustDomainOf } from '../install/trust-domain.js'
import { clientVersion } from '../output/client-version.js'
import { discoverResources, objectName } from '../target/discovery.js'
import { resourceOf } from '../target/object-type.js'
import { services } from '../target/resource-types.js'
import { withTarget } from '../target/target.js'
import { applyObject } from './apply.js'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, streams, signal } = invocation
  const settings = parseSettings(flags.strings('set'))
  const profile = flags.string('profile') ?? settings.profile ?? 'demo'
  if (profile !== 'demo') throw usageError(`there is no profile "${profile}"; the one there is is demo`)
  const { meshConfig } = settings
  const options = { version: clientVersion(), trustDomain: trustDomainOf(flags, meshConfig['trustDomain']), meshConfig }
  if (flags.boolean('dry-run')) {
    streams.stdout.write(
      demoProfile(options)
        .map((object) => formatYaml(object))
        .join('---\n'),
    )
    return exitCode.ok
  }
  return withTarget(invocation, async ({ client }) => {
    const gatewayPorts = chosenGatewayPorts(await client.get(services, 'istio-ingressgateway', istioNamespace))
    const objects = demoProfile({ ...options, ...(gatewayPorts === undefined ? {} : { gatewayPorts }) })
    await applyProfile(client, objects, (line) => void streams.stdout.write(`${line}\n`))
    for (const name of ['istiod', 'istio-ingressgateway']) {
      await untilDeploymentAvailable(client, istioNamespace, name, signal)
      streams.stdout.write(`✔ ${name} is ready\n`)
    }
    streams.stdout.write('✔ Installation complete\n')
    return exitCode.ok
  })
}

/** Applies a profile's objects in order. The kinds are asked for again after the definitions are in. */
export async function applyProfile(
  client: ResourceClient,
  objects: readonly KubernetesObject[],
  report: (line: string) => void,
): Promise<void> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition')
  for (const part of [definitions, objects.filter(({ kind }) => kind !== 'CustomResourceDefinition')]) {
    const served = await discoverResources(client)
    const hasAccessRules = served.some(({ type }) => isAccessRule({ apiVersion: `${type.group}/${type.version}` }))
    for (const object of part) {
      if (isAccessRule(object) && !hasAccessRules) continue
      const resource = resourceOf(served, object)
      report(`${objectName(resource, object.metadata.name)} ${(await applyObject(client, resource, object)).verb}`)
    }
  }
}
