/** Which of several words was meant: a misspelt one, or one of which only a part was written, as `EXTERNAL` of `MESH_EXTERNAL`. */
import { nearest } from '@heddle/base'

export function likelyWord(written: string, words: readonly string[]): string | undefined {
  const misspelt = nearest(written, words)
  if (misspelt !== undefined || written.length < 3) return misspelt
  const part = written.toLowerCase()
  const whole = words.filter((word) => word.toLowerCase().includes(part))
  return whole.length === 1 ? whole[0] : undefined
}
