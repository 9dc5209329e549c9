/** What our pages point at is there: relative links of every page, and the paths that ARCHITECTURE.md names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const pages = [
  ...pagesIn('.', false),
  ...pagesIn('docs', true),
  ...readdirSync(join(root, 'packages')).flatMap((name) => pagesIn(join('packages', name), false)),
]

function pagesIn(folder: string, recursive: boolean): readonly string[] {
  return readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join(folder, path))
}

it.each(pages)('every link of %s leads somewhere', (page) => {
  const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string)
  expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
})

it('every path that ARCHITECTURE.md names exists', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').replaceAll(/```[\s\S]*?```/g, '')
  const words = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word as string)
  const paths = words.filter((word) => /^\w[\w.-]*(?:\/[\w.-]*)+$/.test(word) || /^[\w-]+\.(?:ts|mjs)$/.test(word))
  // Short ones stand under the folder that their section names.
  const folders = [
    '',
    'packages',
    ...['proxy-core', 'control-plane', 'local-platform', 'client'].map((name) => `packages/${name}/src`),
    'packages/local-platform',
  ]
  expect(paths.filter((path) => !folders.some((folder) => existsSync(join(root, folder, path))))).toEqual([])
  expect(paths.length).toBeGreaterThan(15)
})

it('the README names every package, the handbook every page', () => {
  const names = (folder: string): readonly string[] => readdirSync(join(root, folder))
  const isPublic = (name: string): boolean =>
    !(JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as { readonly private?: boolean }).private
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(names('packages').filter((name) => isPublic(name) && !readme.includes(`](packages/${name})`))).toEqual([])
  const handbook = readFileSync(join(root, 'docs/README.md'), 'utf8')
  expect(names('docs').filter((page) => page !== 'README.md' && !handbook.includes(`](${page})`))).toEqual([])
})
