/**
 * Patterns for the manifests of a project. Editors take one schema for a file, so a pattern for all YAML would take theirs from the
 * workflows and compose files beside the manifests: only folders that hold manifests are named.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where people put them; for a project that has none yet. */
const usualFolders = ['deploy', 'istio', 'k8s', 'kubernetes', 'manifests', 'mesh']
const foreignFolders = new Set(['node_modules', 'dist', 'build', 'vendor', 'coverage'])
const maxFolderDepth = 8
const maxFiles = 2000

export async function manifestPatterns(project: string): Promise<readonly string[]> {
  const found = new Set<string>()
  let left = maxFiles
  for await (const path of yamlFiles(project, '', maxFolderDepth)) {
    if (left-- <= 0) break
    const text = await readFile(join(project, path), 'utf8').catch(() => '')
    if (!/^apiVersion:\s*\S/m.test(text) || !/^kind:\s*\S/m.test(text)) continue
    const [first = '', ...rest] = path.split('/')
    const ending = path.endsWith('.yml') ? 'yml' : 'yaml'
    found.add(rest.length === 0 ? first : `${first}/**/*.${ending}`)
  }
  return found.size > 0 ? [...found].sort() : usualFolders.map((folder) => `${folder}/**/*.yaml`)
}

async function* yamlFiles(project: string, folder: string, depth: number): AsyncIterable<string> {
  const entries = await readdir(join(project, folder), { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isFile() && /\.ya?ml$/.test(entry.name)) yield path
    else if (entry.isDirectory() && depth > 1 && !entry.name.startsWith('.') && !foreignFolders.has(entry.name))
      yield* yamlFiles(project, path, depth - 1)
  }
}
