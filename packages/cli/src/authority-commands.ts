/** The commands about certificates and their authority, in the order of the overview. */
import type { CommandSpec, FlagSpec } from './command/command.js'

const jsonOutput: FlagSpec = { short: 'o', type: 'string', value: 'FORMAT', description: 'json', defaultText: 'a table' }
const allNamespaces: FlagSpec = { short: 'A', type: 'boolean', description: 'All namespaces' }

export const authorityCommands: readonly CommandSpec[] = [
  {
    path: ['cert', 'issue'],
    summary: 'Issue a mesh certificate to yourself, for openssl and curl (local mesh; audited)',
    flags: {
      as: { type: 'string', value: 'NAMESPACE/ACCOUNT', description: 'Whose identity' },
      'join-token': { type: 'string', value: 'TOKEN', description: 'Prove it with a join token instead; - reads it from standard input' },
      out: { type: 'string', value: 'DIR', description: 'Where cert.pem, key.pem and ca.pem go', defaultText: '.' },
      ttl: { type: 'string', value: 'DURATION', description: 'How long it is valid', defaultText: '1h' },
    },
    examples: [
      'heddle cert issue --as default/default --out certs',
      'heddle ca token create --identity default/vm | heddle cert issue --join-token -',
    ],
    load: async () => (await import('./commands/cert-issue.js')).run,
  },
  {
    path: ['cert', 'inspect'],
    summary: 'Say what a certificate or request says, and which rules it breaks (offline)',
    arguments: 'FILE',
    maxArguments: 1,
    examples: ['heddle cert inspect cert.pem'],
    load: async () => (await import('./commands/cert-inspect.js')).run,
  },
  {
    path: ['cert', 'doctor'],
    summary: 'Compare certificates, roots and clocks of two ends, and say what is wrong',
    arguments: 'POD [POD]',
    maxArguments: 2,
    examples: ['heddle cert doctor deploy/helloworld-v1', 'heddle cert doctor deploy/sleep deploy/helloworld-v1'],
    load: async () => (await import('./commands/cert-doctor.js')).run,
  },
  {
    path: ['certs', 'list'],
    summary: "List every proxy's certificate with its end",
    flags: { output: jsonOutput, 'all-namespaces': allNamespaces },
    examples: ['heddle certs list -A'],
    load: async () => (await import('./commands/certs-list.js')).run,
  },
  {
    path: ['ca', 'init'],
    summary: 'Make a root and an intermediate of your own, for the Secret cacerts (offline)',
    flags: {
      out: { type: 'string', value: 'DIR', description: 'Where the files go; none is overwritten', defaultText: 'cacerts' },
      'trust-domain': { type: 'string', value: 'NAME', description: 'Trust domain of the mesh', defaultText: 'cluster.local' },
    },
    examples: ['heddle ca init --out cacerts --trust-domain example.org'],
    load: async () => (await import('./commands/ca-init.js')).run,
  },
  {
    path: ['ca', 'status'],
    summary: 'Show roots with their phases and ends, who is denied, and what comes next',
    flags: { output: jsonOutput },
    examples: ['heddle ca status'],
    load: async () => (await import('./commands/ca-status.js')).runStatus,
  },
  {
    path: ['ca', 'rotate', 'plan'],
    summary: "Show a rotation's next step, what it waits for, and who still lacks the new root",
    flags: { output: jsonOutput },
    examples: ['heddle ca rotate plan'],
    load: async () => (await import('./commands/ca-status.js')).runPlan,
  },
  {
    path: ['ca', 'rotate', 'start'],
    summary: 'Replace the root, step by step, each when every workload is ready for it',
    flags: {
      'revoke-when': {
        type: 'string',
        value: 'WHEN',
        description: 'When the old root goes: leaves-ended, or acknowledged by every connected workload',
        defaultText: 'leaves-ended',
      },
    },
    examples: ['heddle ca rotate start', 'heddle ca rotate start --revoke-when acknowledged'],
    load: async () => (await import('./commands/ca-order.js')).runStart,
  },
  {
    path: ['ca', 'rotate', 'activate'],
    summary: 'Sign with the prepared root now; refused, by name, while workloads lack it',
    flags: { 'unsafe-force': { type: 'boolean', description: 'Also then: they lose their connections until they have it' } },
    examples: ['heddle ca rotate activate', 'heddle ca rotate activate --unsafe-force'],
    load: async () => (await import('./commands/ca-order.js')).runActivate,
  },
  {
    path: ['ca', 'rotate', 'abort'],
    summary: 'Stop a rotation: take the prepared root back, or sign with the former one again',
    examples: ['heddle ca rotate abort'],
    load: async () => (await import('./commands/ca-order.js')).runAbort,
  },
  {
    path: ['ca', 'revoke'],
    summary: 'Take a root that signs no more out of the bundle',
    arguments: 'FINGERPRINT',
    maxArguments: 1,
    flags: { force: { type: 'boolean', description: 'Also while certificates under it may live: their workloads lose their connections' } },
    examples: ['heddle ca revoke 3f2a9c0d'],
    load: async () => (await import('./commands/ca-order.js')).runRevoke,
  },
  {
    path: ['ca', 'token', 'create'],
    summary: 'Make a one-time join token for a workload that nobody else vouches for',
    flags: {
      identity: { type: 'string', value: 'NAMESPACE/ACCOUNT', description: 'Whose certificate it is good for, or a SPIFFE id' },
      ttl: { type: 'string', value: 'DURATION', description: 'How long it can be used, at most 24h', defaultText: '10m' },
    },
    examples: ['heddle ca token create --identity default/vm --ttl 1h'],
    load: async () => (await import('./commands/ca-token.js')).runCreate,
  },
  {
    path: ['ca', 'jwt', 'issue'],
    summary: 'Print a JWT-SVID for yourself under the identity of an account (local mesh; audited)',
    flags: {
      as: { type: 'string', value: 'NAMESPACE/ACCOUNT', description: 'Whose identity' },
      audience: { type: 'string', multiple: true, value: 'NAME', description: 'Whom it is for; may be given several times' },
      ttl: { type: 'string', value: 'DURATION', description: 'How long it is valid, at most 1h', defaultText: '5m' },
    },
    examples: ['heddle ca jwt issue --as default/default --audience billing'],
    load: async () => (await import('./commands/ca-jwt.js')).runIssue,
  },
  {
    path: ['ca', 'jwt', 'validate'],
    summary: "Judge a JWT-SVID by the mesh's keys, and print its claims",
    arguments: 'TOKEN | -',
    maxArguments: 1,
    flags: { audience: { type: 'string', value: 'NAME', description: 'Whom it must be for' } },
    examples: ['heddle ca jwt issue --as default/default --audience billing | heddle ca jwt validate - --audience billing'],
    load: async () => (await import('./commands/ca-jwt.js')).runValidate,
  },
  {
    path: ['ca', 'root', 'export'],
    summary: 'Print the roots to trust, in PEM or as a SPIFFE trust bundle',
    flags: {
      output: { short: 'o', type: 'string', value: 'FORMAT', description: 'pem or spiffe', defaultText: 'pem' },
      out: { type: 'string', value: 'FILE', description: 'Where to write', defaultText: 'standard output' },
    },
    examples: ['heddle ca root export --out root.pem'],
    load: async () => (await import('./commands/ca-root.js')).run,
  },
  {
    path: ['ca', 'log'],
    summary: 'Show what was issued, who held an identity at a time, or whether the chain of the log holds',
    flags: {
      id: { type: 'string', value: 'SPIFFE-ID', description: 'Only certificates of this identity' },
      at: { type: 'string', value: 'TIME', description: 'Only those that were valid then, such as 2026-01-31T12:03:00Z' },
      tail: { type: 'string', value: 'LINES', description: 'Only the last entries', defaultText: '50' },
      verify: { type: 'boolean', description: 'Verify the chain instead' },
      output: jsonOutput,
    },
    examples: ['heddle ca log', 'heddle ca log --id spiffe://cluster.local/ns/default/sa/default --at 2026-01-31T12:03:00Z'],
    load: async () => (await import('./commands/ca-log.js')).run,
  },
  {
    path: ['ca', 'deny'],
    summary: 'Believe a workload or a certificate no more: proxies close its connections within seconds',
    arguments: 'SPIFFE-ID | SERIAL',
    maxArguments: 1,
    flags: { reason: { type: 'string', value: 'TEXT', description: 'Why, for the record' } },
    examples: ['heddle ca deny spiffe://cluster.local/ns/default/sa/stolen --reason stolen'],
    load: async () => (await import('./commands/ca-order.js')).runDeny,
  },
  {
    path: ['ca', 'allow'],
    summary: 'Take a denial back',
    arguments: 'SPIFFE-ID | SERIAL',
    maxArguments: 1,
    examples: ['heddle ca allow spiffe://cluster.local/ns/default/sa/stolen'],
    load: async () => (await import('./commands/ca-order.js')).runAllow,
  },
]
