/** The language service: diagnostics across files, completion, hover, definitions, references, rename and quick fixes. */
export { createLanguageService, type LanguageService, type LanguageServiceOptions } from './language-service.js'
