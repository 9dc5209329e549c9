/** Says what is visibly wrong with the line at which the outline of a YAML text breaks: more than the parser can know. */
import { clip } from '../model/clip.js'
import { outlineCodes, type YamlSyntaxError } from './syntax-diagnostic.js'

/** Enough of a line for any sentence here. */
const lineStretch = 300

const readers: readonly ((line: string, error: YamlSyntaxError, next: string) => string | undefined)[] = [
  brokenSeparator,
  gluedKey,
  openBracket,
  strayStart,
  strayKeyStart,
  deeperNext,
]

/** @returns undefined where the line shows nothing that the parser's own fault does not say better. */
export function lineMessage(text: string, error: YamlSyntaxError): string | undefined {
  const start = text.lastIndexOf('\n', error.start - 1) + 1
  const end = text.indexOf('\n', start)
  const line = text.slice(start, Math.min(end < 0 ? text.length : end, start + lineStretch))
  const next = end < 0 ? '' : (text.slice(end + 1, end + 1 + lineStretch).split('\n')[0] ?? '')
  for (const read of readers) {
    const message = read(line, error, next)
    if (message !== undefined) return message
  }
  return undefined
}

/** Resources stand apart by a line of exactly three dashes. */
function brokenSeparator(line: string, { code }: YamlSyntaxError): string | undefined {
  return outlineCodes.has(code) && /^(?:--.?-?|-.-)\s*$/.test(line)
    ? 'The line between two resources consists of three dashes: "---".'
    : undefined
}

/** `name:value` is one word, and so is `name :value`. */
function gluedKey(line: string, { code }: YamlSyntaxError): string | undefined {
  const key = outlineCodes.has(code) ? /^\s*(?:- +)*([A-Za-z][\w-]*) {0,9}:(?!\s|:|\/\/|$)/.exec(line)?.[1] : undefined
  return key === undefined ? undefined : `A space is missing after the colon of "${clip(key)}:".`
}

function openBracket(line: string, { code }: YamlSyntaxError): string | undefined {
  const bracket = code === 'MULTILINE_IMPLICIT_KEY' ? /^\s*(?:- +)*([[{])/.exec(line)?.[1] : undefined
  return bracket === undefined ? undefined : `The "${bracket}" at the beginning of this line is not closed on it; close it, or remove it.`
}

/** A sign that fell into the indentation. */
function strayStart(line: string, { code }: YamlSyntaxError): string | undefined {
  if (!outlineCodes.has(code) && code !== 'BAD_ALIAS' && code !== 'BAD_SCALAR_START') return undefined
  const sign = /^\s*([,@`!|>*&%=+$^~;.])(?:\s{2,}\S|\s+(?:- +)*[A-Za-z][\w-]*:)/.exec(line)?.[1]
  return sign === undefined ? undefined : `The "${sign}" at the beginning of this line does not belong there.`
}

function strayKeyStart(line: string, { code }: YamlSyntaxError): string | undefined {
  const sign = code === 'BAD_SCALAR_START' ? /^\s*(?:- +)*([,@`|>%])[\w-]+:/.exec(line)?.[1] : undefined
  return sign === undefined ? undefined : `A key cannot begin with "${sign}"; remove it, or put the key in quotes.`
}

/** A field that has its value is no place for fields further in. */
function deeperNext(line: string, { message }: YamlSyntaxError, next: string): string | undefined {
  if (!message.startsWith('Nested mappings are not allowed in compact mappings')) return undefined
  const key = /^\s*(?:- +)*(?=[\w"'][^:]*: +[^\s&|>#])/.exec(line)?.[0].length
  const deeper = key !== undefined && /^\s*/.exec(next)?.[0].length
  if (key === undefined || deeper === undefined || deeper === false || deeper <= key || !/^\s*[\w"'][^:]*:(?:\s|$)/.test(next))
    return undefined
  return 'The next line begins further right, as if it belonged to this value; fields of one mapping begin in the same column.'
}
