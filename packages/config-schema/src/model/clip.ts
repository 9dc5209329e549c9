/** Bounds what messages repeat of a document. */

/** Shortens what a message repeats, so that a hostile value cannot flood the terminal. */
export function clip(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 77)}...`
}

/** The same for names, which an API server takes up to this length. */
export function clipName(name: string): string {
  return name.length <= 253 ? name : `${name.slice(0, 250)}...`
}
