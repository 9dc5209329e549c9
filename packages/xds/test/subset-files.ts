/** Every generated file, as a descriptor. */
import { readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { DescFile } from '@bufbuild/protobuf'

const folder = fileURLToPath(new URL('../src/gen', import.meta.url))

const modules: readonly Record<string, unknown>[] = await Promise.all(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('_pb.js'))
    .map((file) => import(pathToFileURL(`${folder}/${file}`).href) as Promise<Record<string, unknown>>),
)

export function subsetFiles(): DescFile[] {
  return modules.flatMap((module) => Object.values(module)).filter(isFile)
}

function isFile(value: unknown): value is DescFile {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'file'
}
