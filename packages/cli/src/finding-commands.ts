/** Commands that tell what is wrong in resources. */
import type { CommandSpec, FlagSpec } from './command/command.js'
import { filename, recursive } from './manifest-flags.js'

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

export const validateCommand: CommandSpec = {
  path: ['validate'],
  summary: 'Check manifests without a mesh',
  arguments: '[FILE ...]',
  flags: {
    filename,
    recursive,
    output: findingOutput,
    'failure-threshold': failureThreshold,
    fix,
    target: {
      type: 'string',
      value: 'MESH',
      description: 'heddle: refuse what this mesh would not enforce, as apply does; istio: do not speak of this mesh',
      defaultText: 'what is right for Istio passes, with warnings of what this mesh would not do',
    },
  },
  examples: [
    'heddle validate app.yaml',
    'heddle validate . -R',
    'heddle validate app.yaml --target heddle',
    'heddle validate -f manifests/ -o sarif > heddle.sarif',
  ],
  load: async () => (await import('./commands/validate.js')).run,
}

export const analyzeCommand: CommandSpec = {
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
    'all-namespaces': { short: 'A', type: 'boolean', description: 'All namespaces' },
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
}

export const explainRuleCommand: CommandSpec = {
  path: ['explain', 'rule'],
  summary: 'What a rule of validate or a code of analyze means, with an example',
  arguments: '[ID]',
  maxArguments: 1,
  examples: ['heddle explain rule unknown-field', 'heddle explain rule IST0101', 'heddle explain rule'],
  load: async () => (await import('./commands/explain-rule.js')).run,
}
