/** How commands that read manifests are told which. */
import type { FlagSpec } from './command/command.js'

export const filename: FlagSpec = {
  short: 'f',
  type: 'string',
  multiple: true,
  value: 'FILE',
  description: 'A file, a folder, or - for standard input',
}
export const recursive: FlagSpec = {
  short: 'R',
  type: 'boolean',
  description: 'Also the folders inside a folder, but for hidden ones and node_modules',
}
