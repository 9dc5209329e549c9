/** The manifests of a workspace as they lie on disk; folders that hold no manifests of one's own are left out. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface FileText {
  readonly uri: string
  readonly text: string
}

export interface WorkspaceFiles {
  /** Every manifest below the folders. @param folders URIs of folders. */
  walk(folders: readonly string[]): AsyncIterable<FileText>
  /** @returns undefined for a file that is gone, too large, or no manifest by its name. */
  read(uri: string): Promise<string | undefined>
}

/** What is a manifest by its name, as editors watch it. */
export const manifestPattern = '**/*.{yaml,yml,json}'

const manifestName = /\.(?:ya?ml|json)$/i
const foreignFolders = new Set(['node_modules', 'dist', 'build', 'vendor', 'coverage'])
const maxFiles = 5000
const maxFolderDepth = 32
/** Of one file; the parser takes no more. */
const maxFileBytes = 1_572_864

export function createWorkspaceFiles(): WorkspaceFiles {
  return {
    async *walk(folders) {
      let left = maxFiles
      for (const folder of folders) {
        const path = pathOf(folder)
        if (path === undefined) continue
        for await (const file of filesBelow(path, maxFolderDepth)) {
          if (left-- <= 0) return
          const text = await readManifest(file)
          if (text !== undefined) yield { uri: pathToFileURL(file).href, text }
        }
      }
    },
    async read(uri) {
      const path = pathOf(uri)
      return path === undefined ? undefined : readManifest(path)
    },
  }
}

/** One spelling for each file, since editors escape more or fewer characters than Node does. */
export function canonicalUri(uri: string): string {
  const path = pathOf(uri)
  return path === undefined ? uri : pathToFileURL(path).href
}

function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

async function* filesBelow(folder: string, depth: number): AsyncIterable<string> {
  if (depth === 0) return
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isFile() && manifestName.test(entry.name)) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.') && !foreignFolders.has(entry.name)) yield* filesBelow(path, depth - 1)
  }
}

/** JSON lies about in every project; only what names its kind is worth reading further. */
async function readManifest(path: string): Promise<string | undefined> {
  if (!manifestName.test(path)) return undefined
  try {
    if ((await stat(path)).size > maxFileBytes) return undefined
    const text = await readFile(path, 'utf8')
    return path.toLowerCase().endsWith('.json') && !/"kind"\s*:/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
