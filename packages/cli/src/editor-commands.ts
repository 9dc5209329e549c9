/** Commands for people who write manifests in an editor. */
import type { CommandSpec } from './command/command.js'

export const editorCommands: readonly CommandSpec[] = [
  {
    path: ['manifest', 'schemas'],
    summary: 'Write the JSON Schemas of all kinds as files, for editors and for kubeconform',
    flags: { output: { short: 'o', type: 'string', value: 'DIR', description: 'Where to', defaultText: 'schemas' } },
    examples: [
      'heddle manifest schemas --output schemas',
      "heddle manifest schemas && kubeconform -schema-location 'schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json' app.yaml",
    ],
    load: async () => (await import('./commands/manifest-schemas.js')).run,
  },
  {
    path: ['editor', 'init'],
    summary: 'Tell VS Code and the editors of JetBrains which schema the manifests of this folder have',
    flags: {
      editor: { type: 'string', value: 'NAME', description: 'Only vscode or jetbrains', defaultText: 'both' },
      files: {
        type: 'string',
        multiple: true,
        value: 'PATTERN',
        description: 'Which files are manifests',
        defaultText: 'the folders that hold some',
      },
      schemas: {
        type: 'string',
        value: 'DIR',
        description: 'Where the schemas are put',
        defaultText: 'those of an installed @heddle/config-schema, else .heddle-schemas',
      },
    },
    examples: ['heddle editor init', "heddle editor init --editor vscode --files 'manifests/**/*.yaml'"],
    load: async () => (await import('./commands/editor-init.js')).run,
  },
  {
    path: ['lsp'],
    summary: 'Run the language server for an editor, on standard input and output',
    flags: { stdio: { type: 'boolean', description: 'Accepted, since editors say so: it speaks no other way' } },
    examples: ['heddle lsp', 'heddle lsp --stdio -n shop'],
    load: async () => (await import('./commands/lsp.js')).run,
  },
]
