/**
 * The image map: which local command stands for a container image. It replaces a registry; an image that it does not
 * name is `ErrImagePull` with the lines to add.
 */

/** One line of `images.yaml`. */
export interface ImageEntry {
  /** An image name in which `*` stands for any text. Without a tag it covers every tag. `docker.io/` and `docker.io/library/` may be left out. */
  readonly image: string
  /** Entry point; a Pod's `command` replaces it, its `args` follow it. May use `{{appAddress}}`, `{{podIp}}`, `{{port}}`, `{{version}}`, `{{node}}`. */
  readonly command: readonly string[]
  /** Arguments when the Pod gives none (a container image's CMD). Default: none. */
  readonly args?: readonly string[]
  /** More environment; the same templates. A Pod's own variables win. */
  readonly environment?: Readonly<Record<string, string>>
  /** Working directory. Default: the container's root folder. */
  readonly workingDirectory?: string
  /** What the platform knows about the program. Default: `application`. */
  readonly role?: ImageRole
}

/** `proxy` and `control-plane` get no preload and no proxy settings; `none` is recorded and not run. */
export type ImageRole = 'application' | 'proxy' | 'control-plane' | 'none'

export interface ImageTemplates {
  readonly appAddress: string
  readonly podIp: string
  /** Bound port of the container's first declared port, or of 8080. */
  readonly port: number
  readonly version: string
}

/** The first entry that covers the image. */
export function findImage(entries: readonly ImageEntry[], image: string): ImageEntry | undefined {
  const names = imageNames(image)
  return entries.find((entry) => names.some((name) => patternOf(entry.image).test(name)))
}

export function fillTemplates(text: string, templates: ImageTemplates): string {
  const values: Readonly<Record<string, string>> = { ...templates, port: String(templates.port), node: process.execPath }
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (found, name: string) => values[name] ?? found)
}

/** The lines that make an unknown image known, for the event. @param imagesPath undefined when the user has given no image map. */
export function imageHint(image: string, imagesPath: string | undefined): string {
  const what =
    imagesPath === undefined
      ? 'write images.yaml with these lines and start again with `heddle up --images images.yaml`'
      : `add to ${imagesPath} and start again`
  return [
    `no entry of the image map covers "${image}"; ${what}:`,
    'images:',
    `- image: ${withoutTag(image)}`,
    '  command: ["node", "/path/to/server.js"]',
  ].join('\n')
}

/** The forms under which one image may be listed: with and without tag, with and without Docker's default registry. */
function imageNames(image: string): readonly string[] {
  const short = image.replace(/^docker\.io\/(library\/)?/, '')
  return [image, short, withoutTag(image), withoutTag(short)]
}

function withoutTag(image: string): string {
  const bare = image.replace(/@.*$/, '')
  const slash = bare.lastIndexOf('/')
  const colon = bare.indexOf(':', slash + 1)
  return colon < 0 ? bare : bare.slice(0, colon)
}

function patternOf(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`)
}
