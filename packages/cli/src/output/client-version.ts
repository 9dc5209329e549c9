/** The version of the installed package. */
import { readFileSync } from 'node:fs'

export function clientVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', packageBase()), 'utf8')) as { readonly version: string }
  return manifest.version
}

/** Built files lie in `dist/`, sources one folder deeper in `src/output/`. */
function packageBase(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('../', import.meta.url) : new URL(import.meta.url)
}
