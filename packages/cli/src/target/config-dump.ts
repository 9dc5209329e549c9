/** What a proxy really runs, as its admin page tells it. */
import type { KubernetesObject } from '@heddle/client/resources'
import type { ConfigDump } from '../output/config-dump.js'
import { getFromPod } from './pod-http.js'
import type { Target } from './target.js'

const adminPort = 15000

/** With endpoints. @throws HEDDLE_CLI_POD_UNREACHABLE */
export async function configDumpOf(target: Target, pod: KubernetesObject): Promise<ConfigDump> {
  return JSON.parse(await getFromPod(target, pod, adminPort, '/config_dump?include_eds')) as ConfigDump
}
