/**
 * Looks over a text before it is parsed: characters that YAML forbids, characters that hide what is written, and texts that are
 * nothing but marks. Linear and cheap, since all that parsing costs comes after it.
 */

export interface GuardFinding {
  readonly ruleId: 'yaml-control-character' | 'yaml-hidden-character' | 'yaml-too-many-marks'
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly offset: number
}

/** Line breaks, colons, commas and brackets in one text; a manifest of the largest size has about a tenth. */
const markLimit = 250_000

/** Half of a character beyond U+FFFF. */
export const loneSurrogate: RegExp = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** What YAML 1.2 does not count as printable, and surrogates that stand alone. */
export const forbidden: RegExp = new RegExp(String.raw`[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]|${loneSurrogate.source}`)

/** Overrides of the direction of writing make text look like another; of no width are characters that nobody sees. */
const hidden = /[\u202A-\u202E\u2066-\u2069\u200B\u2060]/

export function guardFindings(text: string): readonly GuardFinding[] {
  const findings: GuardFinding[] = []
  if (marksOf(text) > markLimit) {
    const message = `The input has more than ${markLimit} line breaks, colons, commas and brackets; split it.`
    return [{ ruleId: 'yaml-too-many-marks', severity: 'error', message, offset: 0 }]
  }
  const control = forbidden.exec(text)
  if (control)
    findings.push({
      ruleId: 'yaml-control-character',
      severity: 'error',
      message: `YAML may not hold the character ${codePoint(control[0])}; remove it, or write it as an escape in double quotes.`,
      offset: control.index,
    })
  const invisible = hidden.exec(text)
  if (invisible)
    findings.push({
      ruleId: 'yaml-hidden-character',
      severity: 'warning',
      message: `The invisible character ${codePoint(invisible[0])} stands here; the text may not be what it looks like.`,
      offset: invisible.index,
    })
  return findings
}

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

function marksOf(text: string): number {
  if (text.length <= markLimit) return 0
  let marks = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 10 || code === 44 || code === 58 || code === 91 || code === 123) marks++
  }
  return marks
}
