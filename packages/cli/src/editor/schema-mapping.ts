/** Which schema is for which files, and what became of the settings of an editor that were to say so. */

export interface SchemaMapping {
  /** Path of the schema below the project, with slashes. */
  readonly schema: string
  /** Where earlier runs may have said that it is: no file has two of them. */
  readonly former: readonly string[]
  /** Patterns of files; the editors add a way down to each folder to those without a slash. */
  readonly files: readonly string[]
  /** The patterns were chosen, so they take the place of what is there. */
  readonly isChosen: boolean
}

export type SettingsChange =
  | { readonly kind: 'changed'; readonly text: string }
  | { readonly kind: 'kept' }
  /** The file is something else than it should be: nobody knows what a change would do to it. */
  | { readonly kind: 'refused'; readonly reason: string }
