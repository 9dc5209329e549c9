/** What a command is: one entry of the table that parsing, help, completion and the docs are made from. */

export interface FlagSpec {
  readonly short?: string
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** Name of the value in help, in capitals. */
  readonly value?: string
  readonly description: string
  /** In words, for help. */
  readonly defaultText?: string
}

export interface CommandSpec {
  /** Words that select it: `['rollout', 'status']`. */
  readonly path: readonly string[]
  readonly aliases?: readonly (readonly string[])[]
  readonly summary: string
  /** Positional arguments as help shows them: `TYPE[/NAME] ...`. */
  readonly arguments?: string
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
  /** What stood after `--`. */
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
