/** Every command of the program, in the order of the overview. Help, completion and the reference page are made from it. */
import { authorityCommands } from './authority-commands.js'
import type { CommandSpec, FlagSpec } from './command/command.js'
import { convertCommand } from './convert-command.js'
import { editorCommands } from './editor-commands.js'
import { proxyCommands } from './proxy-commands.js'

const filename: FlagSpec = {
  short: 'f',
  type: 'string',
  multiple: true,
  value: 'FILE',
  description: 'A file, a folder, or - for standard input',
}
const recursive: FlagSpec = {
  short: 'R',
  type: 'boolean',
  description: 'Also the folders inside a folder, but for hidden ones and node_modules',
}
const output: FlagSpec = {
  short: 'o',
  type: 'string',
  value: 'FORMAT',
  description: 'wide, yaml, json, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE or custom-columns=TITLE:PATH,...',
  defaultText: 'a table',
}
const allNamespaces: FlagSpec = { short: 'A', type: 'boolean', description: 'All namespaces' }
const ignoreNotFound: FlagSpec = { type: 'boolean', description: 'What is not there is no error' }
const selector: FlagSpec = {
  short: 'l',
  type: 'string',
  value: 'SELECTOR',
  description: 'Only objects with these labels, such as app=helloworld',
}

const findingOutput: FlagSpec = {
  short: 'o',
  type: 'string',
  value: 'FORMAT',
  description: 'text, json, yaml, sarif or github',
  defaultText: 'text',
}
const failureThreshold: FlagSpec = {
  type: 'string',
  value: 'LEVEL',
  description: 'End with 79 when something of this level or above is found: Info, Warning or Error',
  defaultText: 'Error',
}
const fix: FlagSpec = {
  type: 'string',
  value: 'MODE',
  alone: 'safe',
  description: 'Correct the files: safe for what cannot change their meaning, all for what was probably meant',
}

/** The kinds that people ask for most; the API knows more. */
const kindWords = [
  'pods',
  'services',
  'deployments',
  'namespaces',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'endpointslices',
  'events',
].concat(
  ['virtualservices', 'destinationrules', 'gateways', 'serviceentries', 'workloadentries', 'sidecars', 'peerauthentications'],
  ['requestauthentications', 'authorizationpolicies', 'telemetries', 'httproutes', 'all'],
)

export const commandTable: readonly CommandSpec[] = [
  {
    path: ['up'],
    summary: 'Run a mesh on this machine, in the foreground',
    flags: {
      ports: { type: 'string', value: 'MODE', description: 'istio, or auto for free ports everywhere', defaultText: 'istio' },
      images: { type: 'string', value: 'FILE', description: 'More images: an images.yaml' },
      'trust-domain': { type: 'string', value: 'NAME', description: 'Trust domain of the mesh', defaultText: 'cluster.local' },
      seed: { type: 'string', value: 'NUMBER', description: "Seed of the proxies' load balancing, for repeatable runs" },
    },
    examples: ['heddle up', 'heddle up --state ./mesh --ports auto'],
    load: async () => (await import('./commands/up.js')).run,
  },
  {
    path: ['demo'],
    summary: 'Run the article: a mesh, an application in it, and a check that it answers',
    flags: {
      filename,
      once: { type: 'boolean', description: 'Stop after the check' },
      ports: { type: 'string', value: 'MODE', description: 'istio, or auto for free ports everywhere', defaultText: 'istio' },
    },
    examples: ['heddle demo -f helloworld.yaml', 'heddle demo -f helloworld.yaml --once'],
    load: async () => (await import('./commands/demo.js')).run,
  },
  {
    path: ['down'],
    summary: 'Stop the mesh on this machine',
    flags: {
      purge: { type: 'boolean', description: 'Also delete its state folder' },
      timeout: { type: 'string', value: 'TIME', description: 'Give up waiting after this long: seconds, or 2m', defaultText: '60' },
    },
    examples: ['heddle down', 'heddle down --purge'],
    load: async () => (await import('./commands/down.js')).run,
  },
  {
    path: ['install'],
    summary: 'Put the control plane and the gateway into the target',
    flags: {
      profile: { type: 'string', value: 'NAME', description: 'What to install', defaultText: 'demo' },
      'trust-domain': { type: 'string', value: 'NAME', description: 'Trust domain of the mesh', defaultText: 'cluster.local' },
      set: {
        short: 's',
        type: 'string',
        multiple: true,
        value: 'NAME=VALUE',
        description: 'A setting of the mesh, such as meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY',
      },
      'dry-run': { type: 'boolean', description: 'Print the resources instead' },
      'skip-confirmation': { short: 'y', type: 'boolean', description: 'Accepted for istioctl habits: nothing is asked anyway' },
    },
    examples: [
      'heddle install --profile demo',
      'heddle install --set meshConfig.outboundTrafficPolicy.mode=REGISTRY_ONLY',
      'heddle install --dry-run',
    ],
    load: async () => (await import('./commands/install.js')).run,
  },
  {
    path: ['manifest', 'crds'],
    summary: 'Print the definitions of the custom kinds',
    flags: { 'gateway-api': { type: 'boolean', description: "The Gateway API's kinds instead of Istio's" } },
    examples: ['heddle manifest crds | kubectl apply -f -'],
    load: async () => (await import('./commands/manifest-crds.js')).run,
  },
  {
    path: ['kube-inject'],
    aliases: [['inject']],
    summary: 'Add sidecars to the workloads of a manifest',
    flags: {
      filename,
      output: { short: 'o', type: 'string', value: 'FILE', description: 'Where to write', defaultText: 'standard output' },
      classic: { type: 'boolean', description: 'Sidecars as ordinary containers instead of native ones' },
      recursive,
    },
    examples: ['heddle kube-inject -f app.yaml | heddle apply -f -', 'heddle apply -f <(heddle kube-inject -f app.yaml)'],
    load: async () => (await import('./commands/kube-inject.js')).run,
  },
  {
    path: ['apply'],
    summary: 'Create or change what a manifest describes',
    flags: {
      filename,
      recursive,
      output: {
        short: 'o',
        type: 'string',
        value: 'FORMAT',
        description: 'yaml, json or name',
        defaultText: 'what happened to each object',
      },
      partial: { type: 'boolean', description: 'Apply the good documents of a file that also has faulty ones' },
      'dry-run': {
        type: 'string',
        value: 'MODE',
        alone: 'client',
        description: 'Only say what would change: client asks nobody but compares, server lets the API check it',
        defaultText: 'none',
      },
    },
    examples: ['heddle apply -f app.yaml', 'heddle apply -f manifests/', 'cat app.yaml | heddle apply -f -'],
    load: async () => (await import('./commands/apply.js')).run,
  },
  {
    path: ['validate'],
    summary: 'Check manifests as apply would, without a mesh',
    arguments: '[FILE ...]',
    flags: { filename, recursive, output: findingOutput, 'failure-threshold': failureThreshold, fix },
    examples: ['heddle validate app.yaml', 'heddle validate . -R', 'heddle validate -f manifests/ -o sarif > heddle.sarif'],
    load: async () => (await import('./commands/validate.js')).run,
  },
  {
    path: ['explain', 'request'],
    summary: 'Which backend gets a request, and why',
    arguments: 'URL',
    flags: {
      from: {
        type: 'string',
        value: 'WHO',
        description: 'NAME or NAME.NAMESPACE of a workload, gateway, gateway/NAME.NAMESPACE, or outside',
      },
      method: { type: 'string', value: 'METHOD', description: 'Of the request', defaultText: 'GET' },
      header: { type: 'string', multiple: true, value: '"NAME: VALUE"', description: 'A header of the request' },
      sni: { type: 'string', value: 'NAME', description: 'Server name of a TLS connection', defaultText: 'the host' },
      filename: { ...filename, description: 'Manifests in place of the mesh that runs: a file, a folder, or -' },
      recursive,
      output: { short: 'o', type: 'string', value: 'FORMAT', description: 'json or yaml', defaultText: 'text' },
    },
    examples: [
      'heddle explain request http://helloworld/api/hello --from sleep',
      'heddle explain request http://localhost/api/hello --from gateway -f manifests/ -R',
    ],
    load: async () => (await import('./commands/explain-request.js')).run,
  },
  {
    path: ['analyze'],
    summary: 'Find what is wrong between resources: of files, or of the running mesh when no file is named',
    arguments: '[FILE ...]',
    flags: {
      filename,
      recursive,
      'use-live': { type: 'boolean', description: 'Analyse the files as if they were applied to the running mesh' },
      output: findingOutput,
      'failure-threshold': failureThreshold,
      'output-threshold': {
        type: 'string',
        value: 'LEVEL',
        description: 'Show findings from this level on: Info, Warning or Error',
        defaultText: 'Info',
      },
      suppress: {
        short: 'S',
        type: 'string',
        multiple: true,
        value: 'CODE=RESOURCE',
        description: 'Leave out a code for resources such as "Namespace default" or "VirtualService *.shop"',
      },
      fix,
      'all-namespaces': allNamespaces,
      'list-analyzers': { short: 'L', type: 'boolean', description: 'Only list what is looked for' },
    },
    examples: [
      'heddle analyze',
      'heddle analyze manifests/ -R',
      'heddle analyze app.yaml --use-live',
      'heddle analyze . -R -o github --failure-threshold Warning',
      'heddle analyze . --suppress "IST0102=Namespace default"',
    ],
    load: async () => (await import('./commands/analyze.js')).run,
  },
  convertCommand,
  {
    path: ['get'],
    summary: 'List objects',
    arguments: 'TYPE[,TYPE] [NAME ...] | TYPE/NAME ... | -f FILE',
    words: kindWords,
    flags: {
      output,
      'all-namespaces': allNamespaces,
      selector,
      'field-selector': { type: 'string', value: 'SELECTOR', description: 'Only objects with these fields, such as status.phase=Running' },
      watch: { short: 'w', type: 'boolean', description: 'Go on with every change' },
      'no-headers': { type: 'boolean', description: 'Rows only' },
      'sort-by': { type: 'string', value: 'PATH', description: 'By this value, such as .metadata.creationTimestamp' },
      'show-labels': { type: 'boolean', description: 'With a column of labels' },
      'label-columns': {
        short: 'L',
        type: 'string',
        multiple: true,
        value: 'LABEL',
        description: 'With a column of this label, or of these: a,b',
      },
      filename,
      recursive,
      'ignore-not-found': ignoreNotFound,
    },
    examples: [
      'heddle get pods,svc',
      'heddle get svc -n istio-system',
      'heddle get vs helloworld -o yaml',
      'heddle get pods -A -w',
      'heddle get pods -A --sort-by .metadata.creationTimestamp -L app,version',
      'heddle get -f app.yaml',
      "heddle get pod -l app=helloworld -o jsonpath='{.items[0].status.podIP}'",
    ],
    load: async () => (await import('./commands/get.js')).run,
  },
  {
    path: ['delete'],
    summary: 'Delete objects',
    arguments: 'TYPE NAME ... | TYPE/NAME ...',
    words: kindWords,
    flags: {
      filename,
      recursive,
      selector,
      all: { type: 'boolean', description: 'All of the kind in the namespace' },
      'grace-period': { type: 'string', value: 'SECONDS', description: 'How long a Pod may take to stop' },
      force: { type: 'boolean', description: 'Do not give Pods time to stop: --grace-period 0' },
      'ignore-not-found': ignoreNotFound,
      'no-wait': { type: 'boolean', description: 'Do not wait until they are gone; --wait=false is the same' },
      now: { type: 'boolean', description: 'Give Pods one second to stop: --grace-period 1' },
      timeout: { type: 'string', value: 'TIME', description: 'Give up waiting after this long: seconds, or 2m', defaultText: 'never' },
    },
    examples: ['heddle delete -f app.yaml', 'heddle delete pod web-1', 'heddle delete deploy -l app=web'],
    load: async () => (await import('./commands/delete.js')).run,
  },
  {
    path: ['label'],
    summary: 'Set and remove labels',
    arguments: 'TYPE NAME key=value key-',
    words: kindWords,
    flags: {
      overwrite: { type: 'boolean', description: 'Change labels that have another value' },
      selector,
      all: { type: 'boolean', description: 'All of the kind in the namespace' },
    },
    examples: ['heddle label namespace default istio-injection=enabled', 'heddle label pod web-1 canary-'],
    load: async () => (await import('./commands/label.js')).run,
  },
  {
    path: ['logs'],
    summary: "Print a container's output",
    arguments: 'POD [CONTAINER] | deploy/NAME | -l SELECTOR',
    maxArguments: 2,
    flags: {
      container: { short: 'c', type: 'string', value: 'NAME', description: 'Which container', defaultText: "the application's first" },
      'all-containers': { type: 'boolean', description: 'Of every container of the Pod, one after another' },
      follow: { short: 'f', type: 'boolean', description: 'Go on with what comes' },
      tail: { type: 'string', value: 'LINES', description: 'Only the last lines', defaultText: 'all; 10 with a selector' },
      since: { type: 'string', value: 'TIME', description: 'Only what is newer: seconds, or 5m' },
      prefix: { type: 'boolean', description: 'With the Pod and the container before each line' },
      timestamps: { type: 'boolean', description: 'With times' },
      previous: { short: 'p', type: 'boolean', description: 'Of the run before the last restart' },
      selector,
    },
    examples: ['heddle logs deploy/helloworld-v1', 'heddle logs helloworld-v1-abc -c istio-proxy -f'],
    load: async () => (await import('./commands/logs.js')).run,
  },
  {
    path: ['exec'],
    summary: 'Run a program in the place of a container',
    arguments: 'POD [-c CONTAINER] -- COMMAND [ARGUMENT ...]',
    takesCommand: true,
    flags: {
      container: { short: 'c', type: 'string', value: 'NAME', description: 'Which container', defaultText: "the application's first" },
      stdin: { short: 'i', type: 'boolean', description: 'Pass standard input' },
      tty: {
        short: 't',
        type: 'boolean',
        description: 'Accepted for kubectl habits in scripts; refused on a terminal, which the program cannot have',
      },
    },
    examples: [
      'heddle exec deploy/sleep -- curl -s http://helloworld/api/hello',
      'tar c . | heddle exec -i deploy/sleep -- tar x -C /tmp/copy',
    ],
    load: async () => (await import('./commands/exec.js')).run,
  },
  {
    path: ['describe'],
    summary: 'Say what an object is, in which state, what istiod finds wrong with it, and what happened to it',
    arguments: 'TYPE [NAME ...] | TYPE/NAME ...',
    words: kindWords,
    flags: { selector, 'all-namespaces': allNamespaces },
    examples: ['heddle describe pod helloworld-v1-abc', 'heddle describe svc helloworld', 'heddle describe virtualservice helloworld'],
    load: async () => (await import('./commands/describe.js')).run,
  },
  {
    path: ['rollout', 'status'],
    summary: 'Follow a Deployment until it is rolled out and, on the local mesh, every proxy knows its Pods',
    arguments: 'deploy/NAME',
    maxArguments: 2,
    flags: { timeout: { type: 'string', value: 'TIME', description: 'Give up after this long: seconds, or 2m', defaultText: 'never' } },
    examples: ['heddle rollout status deploy/helloworld-v1'],
    load: async () => (await import('./commands/rollout.js')).runStatus,
  },
  {
    path: ['rollout', 'restart'],
    summary: 'Replace the Pods of a Deployment one after another',
    arguments: 'deploy/NAME',
    maxArguments: 2,
    examples: ['heddle rollout restart deploy/helloworld-v1'],
    load: async () => (await import('./commands/rollout.js')).runRestart,
  },
  ...proxyCommands,
  ...authorityCommands,
  ...editorCommands,
  {
    path: ['version'],
    summary: 'Versions of this program and of the mesh',
    flags: {
      client: { type: 'boolean', description: 'This program only' },
      output: { short: 'o', type: 'string', value: 'FORMAT', description: 'json or yaml', defaultText: 'text' },
    },
    examples: ['heddle version'],
    load: async () => (await import('./commands/version.js')).run,
  },
  {
    path: ['completion'],
    summary: 'Print the script that completes commands and flags in a shell',
    arguments: 'bash|zsh|fish',
    words: ['bash', 'zsh', 'fish'],
    maxArguments: 1,
    examples: ['source <(heddle completion bash)', 'heddle completion fish > ~/.config/fish/completions/heddle.fish'],
    load: async () => (await import('./commands/completion.js')).run,
  },
]
