/** The user's `images.yaml`: which command stands for an image. */
import { readFileSync } from 'node:fs'
import { HeddleError, messageOf } from '@heddle/base'
import type { ImageEntry } from '@heddle/local-platform'
import { parse } from 'yaml'

/** @throws HEDDLE_CLI_IMAGES with the entry at fault. */
export function readImageFile(path: string): readonly ImageEntry[] {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw fault(path, messageOf(cause))
  }
  const entries = (value as { readonly images?: unknown } | null)?.images
  if (!Array.isArray(entries)) throw fault(path, 'it must have a list "images"')
  return entries.map((entry: Partial<ImageEntry>, index) => {
    if (typeof entry.image !== 'string') throw fault(path, `images[${index}] has no "image"`)
    if (!Array.isArray(entry.command) || entry.command.length === 0)
      throw fault(path, `images[${index}] (${entry.image}) has no "command" list`)
    return entry as ImageEntry
  })
}

function fault(path: string, reason: string): HeddleError {
  return new HeddleError({
    code: 'HEDDLE_CLI_IMAGES',
    message: `the image map ${path} cannot be used: ${reason}`,
    origin: 'user',
    hint: 'An entry looks like this: images: [{ image: "example/web", command: ["node", "web.js"] }]',
  })
}
