/** Fields as data and in words. */
import { describe, expect, it } from 'vitest'
import { fieldAt } from '../../src/fields/field-at.js'
import { kindMarkdown, titledMarkdown, typeWords } from '../../src/fields/field-markdown.js'
import { kindType } from '../../src/kinds/kind-type.js'
import { kindTable } from '../../src/kinds/kind-table.js'
import { preferredApiVersion } from '../../src/kinds/kind-info.js'
import type { ObjectType } from '../../src/model/field-model.js'

const rule = kindType('networking.istio.io/v1', 'DestinationRule') as ObjectType

function explained(...path: readonly (string | number)[]): string {
  const { name = '', field } = fieldAt(rule, path) ?? {}
  return field === undefined ? '' : titledMarkdown(name, field)
}

describe('fieldAt', () => {
  it('follows lists and maps', () => {
    expect(fieldAt(rule, ['spec', 'subsets', 3, 'labels', 'app'])?.type.kind).toBe('string')
    expect(fieldAt(rule, ['spec', 'subsets', 'x'])).toBeUndefined()
    expect(fieldAt(rule, ['spec', 'host', 'x'])).toBeUndefined()
    expect(fieldAt(rule, [])?.type).toBe(rule)
  })
})

describe('titledMarkdown', () => {
  it('has the type, the values with what they mean, and the default', () => {
    expect(explained('spec', 'trafficPolicy', 'tls', 'mode')).toMatch(
      /^\*\*mode\*\*: one word\n\n- `DISABLE`: Plain text\.\n[^]*Default: `DISABLE`\.$/,
    )
    expect(explained('spec', 'host')).toMatch(/^\*\*host\*\*: text, required\n\n/)
    expect(explained('spec', 'trafficPolicy', 'outlierDetection', 'interval')).toContain('Default: `10s`')
    expect(explained('spec', 'trafficPolicy', 'loadBalancer', 'warmupDurationSecs')).toContain('**Deprecated**: use warmup.duration.')
    expect(explained('spec', 'trafficPolicy', 'loadBalancer')).toContain('At most one of `simple`, `consistentHash`, `backendUtilization`.')
  })

  it('has words for every field of every kind', () => {
    for (const info of kindTable) {
      const type = kindType(preferredApiVersion(info), info.kind) as ObjectType
      expect(kindMarkdown(type)).toContain(`**${type.name}**`)
      for (const [name, field] of type.fields) expect(titledMarkdown(name, field)).toContain(typeWords(field.type))
    }
  })
})
