import { describe, expect, it } from 'vitest'
import { openApiComponents } from '@heddle/config-schema'

describe('OpenAPI components', () => {
  it('name each type of a kind once, and refer to it', () => {
    const components = openApiComponents('apps/v1', 'Deployment')
    expect(components?.['Deployment']).toMatchObject({
      type: 'object',
      properties: { spec: { allOf: [{ $ref: '#/components/schemas/DeploymentSpec' }] } },
    })
    expect(components?.['DeploymentSpec']).toMatchObject({
      required: ['selector', 'template'],
      properties: {
        replicas: { type: 'integer', format: 'int32' },
        template: { allOf: [{ $ref: '#/components/schemas/PodTemplateSpec' }] },
      },
    })
    expect(components?.['PodSpec']).toMatchObject({
      properties: { containers: { type: 'array', items: { allOf: [{ $ref: '#/components/schemas/Container' }] } } },
    })
    const references = JSON.stringify(components).matchAll(/#\/components\/schemas\/(\w+)/g)
    expect([...references].filter(([, name]) => components?.[name as string] === undefined)).toEqual([])
  })

  it('end for a type that contains itself', () => {
    const components = openApiComponents('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
    expect(components?.['JSONSchemaProps']).toMatchObject({
      properties: { properties: { additionalProperties: { allOf: [{ $ref: '#/components/schemas/JSONSchemaProps' }] } } },
    })
  })

  it('are not known of a kind that nobody has described', () => {
    expect(openApiComponents('example.com/v1', 'Thing')).toBeUndefined()
  })
})
