/** The command that takes manifests over into the Gateway API. */
import type { CommandSpec } from './command/command.js'

export const convertCommand: CommandSpec = {
  path: ['convert'],
  summary: 'Print VirtualServices as HTTPRoutes of the Gateway API where that is exact, and say what is not',
  flags: {
    filename: {
      short: 'f',
      type: 'string',
      multiple: true,
      value: 'FILE',
      description: 'A file, a folder, or -; Services in it tell ports',
    },
    recursive: { short: 'R', type: 'boolean', description: 'Also the folders inside a folder' },
    'segment-prefixes': { type: 'boolean', description: 'Take the prefix /a for the path segments /a and /a/..., no longer for /ab' },
    partial: { type: 'boolean', description: 'Also print routes without what is not exact in them: a draft to work on' },
  },
  examples: ['heddle convert -f bookinfo.yaml', 'heddle convert -f manifests/ -R --segment-prefixes | kubectl apply -f -'],
  load: async () => (await import('./commands/convert.js')).run,
}
