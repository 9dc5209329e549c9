/** What a command is: one entry of the table that parsing, help, completion and the docs are made from. */

export interface FlagSpec {
  readonly short?: string
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** Name of the value in help, in capitals. */
  readonly value?: string
  /** A string flag that may stand alone, and then has this value; one it is given follows an equals sign. */
  readonly alone?: string
  readonly description: string
  /** In words, for help. */
  readonly defaultText?: string
}

/** How help writes a flag: `--output FORMAT`, `--dry-run[=MODE]`. */
export function flagSpelling(name: string, { type, value = 'VALUE', alone }: FlagSpec): string {
  if (type === 'boolean') return `--${name}`
  return alone === undefined ? `--${name} ${value}` : `--${name}[=${value}]`
}

export interface CommandSpec {
  /** Words that select it: `['rollout', 'status']`. */
  readonly path: readonly string[]
  readonly aliases?: readonly (readonly string[])[]
  readonly summary: string
  /** Positional arguments as help shows them: `TYPE[/NAME] ...`. Absent: it takes none. */
  readonly arguments?: string
  /** How many words it takes at most. Default: none without `arguments`, else any number. */
  readonly maxArguments?: number
  /** What completion offers as the first of them. */
  readonly words?: readonly string[]
  /** What stands after `--` is a command of its own; elsewhere it is more arguments. */
  readonly takesCommand?: boolean
  readonly flags?: Readonly<Record<string, FlagSpec>>
  readonly examples: readonly string[]
  /** Loaded when the command runs, so that others start quickly. */
  readonly load: () => Promise<CommandRun>
}

export type CommandRun = (invocation: Invocation) => Promise<number>

export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }
  readonly stdout: { write(text: string | Uint8Array): unknown; readonly isTTY?: boolean }
  readonly stderr: { write(text: string | Uint8Array): unknown; readonly isTTY?: boolean }
}

/** One call of a command. */
export interface Invocation {
  readonly positionals: readonly string[]
  /** What stood after `--`, for a command that takes one. */
  readonly rest: readonly string[]
  readonly flags: Flags
  readonly streams: Streams
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborts on the first Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Flags {
  string(name: string): string | undefined
  strings(name: string): readonly string[]
  boolean(name: string): boolean
}
