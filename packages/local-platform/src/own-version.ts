/** The version of the installed package: sources and built files both lie one folder below its manifest. */
import { readFileSync } from 'node:fs'

export function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }).version
}
