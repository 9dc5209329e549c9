/**
 * Writes objects as `kubectl get -o yaml` does: keys in alphabetical order, lists not indented, and strings that YAML would
 * read as something else in double quotes, so that the text can be applied again unchanged.
 */
import { Document, Scalar, visit } from 'yaml'
import { forbidden } from './input-guard.js'
import { needsQuotes } from './plain-scalar.js'

/** Times and base-60 numbers of YAML 1.1. */
const looksSpecial = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s].*)?$|^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?$/

/** Characters YAML forbids and JSON's escapes leave as they are; they stand in double quotes only. */
const unescaped = /[\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/g

/** @param value plain JSON values; undefined fields are left out. */
export function formatYaml(value: unknown): string {
  const document = new Document(value, { sortMapEntries: true, aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && (needsQuotes(node.value) || looksSpecial.test(node.value) || forbidden.test(node.value)))
        node.type = Scalar.QUOTE_DOUBLE
    },
  })
  const text = document.toString({ lineWidth: 0, indentSeq: false, blockQuote: 'literal', singleQuote: true })
  return text.replaceAll(unescaped, (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
