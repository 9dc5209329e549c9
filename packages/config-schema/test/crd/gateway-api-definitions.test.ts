import { describe, expect, it } from 'vitest'
import { customResourceDefinitions } from '../../src/crd/custom-resource-definitions.js'
import { validateObject } from '../../src/validate/validate.js'

const definitions = customResourceDefinitions({ family: 'gateway-api' })

describe("the Gateway API's definitions", () => {
  it("are valid and say that they are not the project's own", () => {
    expect(definitions.map(({ spec }) => spec.names.kind)).toContain('HTTPRoute')
    for (const definition of definitions) {
      expect(validateObject(definition).diagnostics).toEqual([])
      expect(definition.metadata.annotations?.['api-approved.kubernetes.io']).toMatch(/^unapproved/)
    }
  })

  it("store defaults, which Istio's do not", () => {
    expect(JSON.stringify(definitions)).toContain('"default":"PathPrefix"')
    expect(JSON.stringify(customResourceDefinitions())).not.toContain('"default":')
  })

  it('check what a rule in their own language can check', () => {
    expect(JSON.stringify(customResourceDefinitions())).toContain("duration(self) >= duration('1ms')")
    expect(JSON.stringify(definitions)).toContain('Must have port for Service reference')
  })
})
