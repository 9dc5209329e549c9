/**
 * What an unquoted YAML scalar means to Kubernetes. kubectl and the API server read YAML 1.1 words (`yes`, `off`), leading-zero
 * octals (`0644`) and numbers with `_`, so the same text must give the same value here, or a file would change its meaning.
 */

const words = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL', ''].map((word): [string, null] => [word, null]),
  ...['true', 'True', 'TRUE', 'y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word): [string, boolean] => [word, true]),
  ...['false', 'False', 'FALSE', 'n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word): [string, boolean] => [word, false]),
])

const decimalInteger = /^[-+]?(?:0|[1-9][\d_]*)$/
const otherInteger = /^[-+]?0(?:[xX][\dA-Fa-f_]+|[oO]?[0-7_]+|[bB][01_]+)$/
const float = /^[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?$/
const infinity = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/
const firstOfNumber = /^[-+.\d]/

export type ScalarValue = string | number | boolean | null

/** @throws never; text that is neither a word nor a number is a string. */
export function plainScalar(source: string): ScalarValue {
  if (source.length <= 5) {
    const word = words.get(source)
    if (word !== undefined) return word
  }
  if (!firstOfNumber.test(source) || source.length > 64) return source
  if (decimalInteger.test(source)) return Number(source.replaceAll('_', ''))
  if (otherInteger.test(source)) return otherBase(source.replaceAll('_', ''))
  if (float.test(source)) return Number(source.replaceAll('_', ''))
  return infinity.test(source) ? notFinite(source) : source
}

function otherBase(source: string): number {
  const sign = source.startsWith('-') ? -1 : 1
  const digits = source.replace(/^[-+]/, '')
  if (/^0[xXbB]/.test(digits)) return sign * Number(digits)
  return sign * Number.parseInt(digits.replace(/^0[oO]?/, ''), 8)
}

/** JSON has no infinity and no NaN, so no field takes them; kept as numbers so that the type error names them. */
function notFinite(source: string): number {
  if (source.toLowerCase() === '.nan') return Number.NaN
  return source.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** True when the text needs quotes to stay a string for Kubernetes. */
export function needsQuotes(value: string): boolean {
  return typeof plainScalar(value) !== 'string'
}
