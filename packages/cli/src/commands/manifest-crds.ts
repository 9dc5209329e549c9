/** `heddle manifest crds`: the CustomResourceDefinitions of Istio's kinds, or of the Gateway API's, ready for kubectl. */
import { customResourceDefinitions, formatYaml } from '@heddle/config-schema'
import type { Invocation } from '../command/command.js'
import { exitCode } from '../command/exit-code.js'

export function run({ flags, streams }: Invocation): Promise<number> {
  const definitions = customResourceDefinitions({ family: flags.boolean('gateway-api') ? 'gateway-api' : 'istio' })
  streams.stdout.write(definitions.map((definition) => formatYaml(definition)).join('---\n'))
  return Promise.resolve(exitCode.ok)
}
