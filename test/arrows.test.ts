/** Holds the arrows of ARCHITECTURE.md: who may depend on whom, which packages run in a browser, and no way around a package's exports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Package -> what its sources may import, besides `node:` and itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  x509: ['base'],
  routing: ['base'],
  'config-schema': ['base', 'yaml', 'zod', 're2js'],
  translation: ['base', 'config-schema', 'routing', 're2js'],
  inject: ['base', 'config-schema', 'yaml'],
  'language-server': [
    'base',
    'config-schema',
    'vscode-languageserver',
    'vscode-languageserver-textdocument',
    'vscode-languageserver-types',
  ],
  ca: ['base', 'x509', 'jose'],
  'proxy-core': ['base', 'routing', 'x509'],
  xds: ['base', 'routing', '@bufbuild/protobuf'],
  client: ['base', 'x509', 'routing', 'xds', 'proxy-core', '@grpc/grpc-js'],
  'control-plane': ['base', 'x509', 'routing', 'config-schema', 'translation', 'inject', 'ca', 'xds', 'client', '@grpc/grpc-js'],
  'local-platform': ['base', 'config-schema', 'x509', 'client', 'jose', 'lmdb'],
  sidecar: ['base', 'x509', 'routing', 'client', 'proxy-core', 'xds', 're2js'],
  cli: [
    'base',
    'x509',
    'routing',
    'config-schema',
    'translation',
    'inject',
    'ca',
    'client',
    'control-plane',
    'local-platform',
    'sidecar',
    'proxy-core',
    'xds',
    'language-server',
    'jsonc-parser',
    'ws',
    'yaml',
  ],
  testing: ['base'],
}
const browserSafe = new Set(['routing', 'config-schema', 'translation', 'inject', 'language-server'])
const nodeOnlyParts: Readonly<Record<string, readonly string[]>> = {
  base: ['node', 'node.ts'],
  'language-server': ['server', 'node.ts', 'bin.ts'],
}
const privatePackages = new Set(['testing'])

interface Import {
  readonly file: string
  readonly specifier: string
}

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|cts|mts)$/.test(file))
    .map((file) => join(folder, file))
}

function importsOf(folder: string): Import[] {
  return sourceFiles(folder).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    return [
      ...text.matchAll(
        /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|\brequire\(\s*'([^']+)'\s*\)/g,
      ),
    ].map((match) => ({
      file: relative(root, file),
      specifier: (match[1] ?? match[2] ?? match[3] ?? match[4]) as string,
    }))
  })
}

const packageOf = (specifier: string): string =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] as string)
const nameOf = (dependency: string): string => dependency.replace(/^@heddle\//, '')
const folders = readdirSync(join(root, 'packages')).sort()

describe('the arrows between packages', () => {
  it('name every package', () => {
    expect(folders).toEqual(Object.keys(allowed).sort())
  })

  it.each(folders)('%s imports only what it may', (folder) => {
    const wrong = importsOf(join(root, 'packages', folder, 'src')).filter(({ specifier }) => {
      if (specifier.startsWith('.')) return false
      if (specifier.startsWith('node:')) return false
      return !(allowed[folder] as readonly string[]).includes(nameOf(packageOf(specifier)))
    })
    expect(wrong).toEqual([])
  })

  it.each(folders)('%s declares only what it may', (folder) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    expect(
      Object.keys(manifest.dependencies ?? {})
        .map(nameOf)
        .filter((name) => !(allowed[folder] as readonly string[]).includes(name)),
    ).toEqual([])
  })

  it('have no circles, devDependencies included', () => {
    const edges = new Map(
      folders.map((folder) => {
        const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Record<
          string,
          Record<string, string> | undefined
        >
        const names = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] }).filter((name) =>
          name.startsWith('@heddle/'),
        )
        return [folder, names.map(nameOf)] as const
      }),
    )
    const circles: string[] = []
    const walk = (folder: string, path: readonly string[]): void => {
      if (path.includes(folder)) circles.push([...path.slice(path.indexOf(folder)), folder].join(' -> '))
      else for (const next of edges.get(folder) ?? []) walk(next, [...path, folder])
    }
    for (const folder of folders) walk(folder, [])
    expect([...new Set(circles)]).toEqual([])
  })

  it('never pass through a folder that a package does not export', () => {
    const wrong = folders.flatMap((folder) =>
      [...importsOf(join(root, 'packages', folder, 'src')), ...importsOf(join(root, 'packages', folder, 'test'))].filter(
        ({ specifier }) => {
          if (!specifier.startsWith('@heddle/')) return false
          const manifest = JSON.parse(readFileSync(join(root, 'packages', nameOf(packageOf(specifier)), 'package.json'), 'utf8')) as {
            exports: Record<string, unknown>
          }
          return !(specifier.replace(packageOf(specifier), '.') in manifest.exports)
        },
      ),
    )
    expect(wrong).toEqual([])
  })

  it('never lead from a published package to a private one', () => {
    const wrong = folders.flatMap((folder) =>
      importsOf(join(root, 'packages', folder, 'src')).filter(
        ({ specifier }) => specifier.startsWith('@heddle/') && privatePackages.has(nameOf(packageOf(specifier))),
      ),
    )
    expect(wrong).toEqual([])
  })
})

describe('inside a package', () => {
  it.each([...browserSafe, 'base'])('%s runs in a browser', (folder) => {
    const wrong = importsOf(join(root, 'packages', folder, 'src')).filter(({ file, specifier }) => {
      const part = relative(join('packages', folder, 'src'), file).split('/')[0] as string
      return !(nodeOnlyParts[folder] ?? []).includes(part) && (specifier.startsWith('node:') || specifier === '@heddle/base/node')
    })
    expect(wrong).toEqual([])
  })

  it.each(folders)('%s does not import its own index', (folder) => {
    const source = join(root, 'packages', folder, 'src')
    const wrong = importsOf(source).filter(({ file, specifier }) => {
      if (specifier === `@heddle/${folder}`) return true
      return specifier.startsWith('.') && resolve(dirname(join(root, file)), specifier).replace(/\.js$/, '') === join(source, 'index')
    })
    expect(wrong).toEqual([])
  })
})
