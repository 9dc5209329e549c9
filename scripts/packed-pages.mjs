/**
 * The pages that a package's README links come along when it is packed, under `docs/`, with those that they link themselves: whoever
 * installed the package has no other place to follow the links to. Relative to the package's folder.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const keptReadme = 'node_modules/.README.md.kept'
const folder = 'docs'

/** @returns whether there are any. */
export function bringPages(root) {
  const readme = readFileSync(existsSync(keptReadme) ? keptReadme : 'README.md', 'utf8')
  const pages = linkedPages(
    root,
    [...readme.matchAll(/\]\(\.\.\/\.\.\/docs\/([\w-]+\.md)/g)].map(([, page]) => page),
  )
  if (pages.length === 0) return false
  writeFileSync(keptReadme, readme)
  writeFileSync('README.md', readme.replaceAll('](../../docs/', `](${folder}/`))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const page of pages) copyFileSync(join(root, 'docs', page), join(folder, page))
  return true
}

export function takePagesBack() {
  if (!existsSync(keptReadme)) return
  renameSync(keptReadme, 'README.md')
  rmSync(folder, { recursive: true, force: true })
}

function linkedPages(root, first) {
  const pages = new Set(first)
  for (const page of pages) {
    const text = readFileSync(join(root, 'docs', page), 'utf8')
    for (const [, other] of text.matchAll(/\]\(([\w-]+\.md)/g)) if (existsSync(join(root, 'docs', other))) pages.add(other)
  }
  return [...pages]
}
