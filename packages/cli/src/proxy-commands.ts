/** The commands that look into proxies: what istiod sent them, and what they run. */
import type { CommandSpec, FlagSpec } from './command/command.js'

const istioNamespace: FlagSpec = {
  short: 'i',
  type: 'string',
  value: 'NAMESPACE',
  description: 'Where the control plane is',
  defaultText: 'istio-system',
}

const only = (value: string, what: string): FlagSpec => ({ type: 'string', value, description: `Only ${what}` })
const proxyConfigFilters: Readonly<Record<string, Readonly<Record<string, FlagSpec>>>> = {
  clusters: {
    fqdn: only('NAME', 'services with this in their name'),
    port: only('PORT', 'this port of services'),
    subset: only('NAME', 'this subset'),
    direction: only('DIRECTION', 'inbound or outbound'),
  },
  listeners: { address: only('ADDRESS', 'this address'), port: only('PORT', 'this port') },
  routes: { name: only('NAME', 'this route configuration') },
  endpoints: {
    address: only('ADDRESS', 'this address'),
    port: only('PORT', 'this port of endpoints'),
    cluster: only('NAME', 'this cluster'),
    status: only('STATUS', 'healthy or unhealthy'),
  },
}

/** istioctl's own abbreviations. */
const proxyConfigLetters = { clusters: 'c', listeners: 'l', routes: 'r', endpoints: 'ep', secrets: 's' } as const

export const proxyCommands: readonly CommandSpec[] = [
  {
    path: ['proxy-status'],
    aliases: [['ps']],
    summary: 'Which configuration each proxy runs, or how one differs from what istiod has for it',
    arguments: '[POD[.NAMESPACE] | deploy/NAME[.NAMESPACE]]',
    maxArguments: 1,
    flags: {
      output: { short: 'o', type: 'string', value: 'FORMAT', description: 'json or yaml', defaultText: 'a table' },
      istioNamespace,
      verbosity: { short: 'v', type: 'string', value: 'LEVEL', description: '1 for the state of each type', defaultText: '0' },
    },
    examples: ['heddle proxy-status', 'heddle proxy-status -v 1', 'heddle proxy-status deploy/helloworld-v1'],
    load: async () => (await import('./commands/proxy-status.js')).run,
  },
  ...(['clusters', 'listeners', 'routes', 'endpoints', 'secrets'] as const).map((part): CommandSpec => ({
    path: ['proxy-config', part],
    aliases: [
      ['proxy-config', part.slice(0, -1)],
      ['pc', part],
      ['pc', part.slice(0, -1)],
      ...['proxy-config', 'pc'].map((word) => [word, proxyConfigLetters[part]]),
    ],
    summary: `The ${part} of one proxy`,
    arguments: 'POD[.NAMESPACE] | deploy/NAME[.NAMESPACE]',
    maxArguments: 1,
    flags: {
      ...proxyConfigFilters[part],
      output: { short: 'o', type: 'string', value: 'FORMAT', description: 'json or yaml', defaultText: 'a table' },
    },
    examples: [
      `heddle proxy-config ${part} deploy/helloworld-v1`,
      `heddle pc ${part.slice(0, -1)} deploy/istio-ingressgateway -n istio-system -o json`,
    ],
    load: async () => (await import('./commands/proxy-config.js')).runFor(part),
  })),
  {
    path: ['proxy-config', 'all'],
    aliases: [
      ['pc', 'all'],
      ['proxy-config', 'a'],
      ['pc', 'a'],
    ],
    summary: 'All of the configuration of one proxy',
    arguments: 'POD[.NAMESPACE] | deploy/NAME[.NAMESPACE]',
    maxArguments: 1,
    flags: { output: { short: 'o', type: 'string', value: 'FORMAT', description: 'json or yaml: the whole dump', defaultText: 'tables' } },
    examples: ['heddle proxy-config all deploy/helloworld-v1', 'heddle pc all deploy/helloworld-v1 -o json > dump.json'],
    load: async () => (await import('./commands/proxy-config.js')).runAll,
  },
]
