/** The Pod's names file as this process sees it now: read again only when the file was replaced. */
import { statSync } from 'node:fs'
import { emptyNamesFile, type NamesFile, readNamesFile } from '../names/names-file.js'

export interface NamesView {
  current(): NamesFile
}

const nothing = emptyNamesFile('')

/** A replaced file has another inode, so inode, time and size together tell every version apart. */
export function createNamesView(path: string | undefined): NamesView {
  let seen = ''
  let file = nothing
  return {
    current() {
      if (path === undefined) return nothing
      const stat = statSync(path, { throwIfNoEntry: false })
      if (!stat) return file
      const version = `${stat.ino}:${stat.mtimeMs}:${stat.size}`
      if (version === seen) return file
      const next = readNamesFile(path)
      if (next) {
        file = next
        seen = version
      }
      return file
    },
  }
}
