/** The language service: diagnostics across files, completion, hover, definitions, references, rename and quick fixes. */
export type { CompletionAbilities } from './features/completion-request.js'
export type { RenameResult } from './features/rename.js'
export { createLanguageService, type LanguageService, type LanguageServiceOptions } from './language-service.js'
