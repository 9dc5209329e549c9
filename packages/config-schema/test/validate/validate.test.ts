import { describe, expect, it } from 'vitest'
import { formatDiagnostic } from '../../src/diagnostic.js'
import { type ParsedDocument, parseDocuments } from '../../src/yaml/parse-documents.js'
import { validate, validateObject } from '../../src/validate/validate.js'

const header = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\n'
const check = (body: string) =>
  parseDocuments(header + body, { file: 'a.yaml' }).documents.flatMap((document) => validate(document).diagnostics)

describe('validate', () => {
  it('returns the resource when there is nothing to say', () => {
    const [document] = parseDocuments(`${header}spec:\n  hosts: [a]\n  http:\n  - route:\n    - destination: {host: a}\n`).documents
    const result = validate(document as NonNullable<typeof document>)
    expect(result.diagnostics).toEqual([])
    expect(result.resource?.kind).toBe('VirtualService')
  })

  it('says once that metadata is misspelt, and nothing of the name that it hides', () => {
    const result = validateObject({ apiVersion: 'v1', kind: 'Namespace', metadat: { name: 'a' } })
    expect(result.diagnostics.map(({ path, suggestion }) => [path, suggestion])).toEqual([['metadat', 'metadata']])
  })

  it('knows a field behind a stray sign', () => {
    expect(check('spec:\n  hosts: [a]\n  x http: []\n')).toMatchObject([{ ruleId: 'unknown-field', suggestion: 'http' }])
  })

  it.each([
    ['{hosts: [a], htp: [{route: [{destination: {host: a}}]}]}', 'spec.htp'],
    ['{hosts: [a], http: [{route: [{destination: {host: a}}], rewrite: {auhtority: b}}]}', 'spec.http[0].rewrite.auhtority'],
    ['{hosts: ["*"], gateway: [g], http: [{route: [{destination: {host: a}}]}]}', 'spec.gateway'],
  ])('tells a misspelt field of %s and not what follows from it', (spec, path) => {
    expect(check(`spec: ${spec}\n`)).toMatchObject([{ ruleId: 'unknown-field', path }])
  })

  it('offers what stands after a colon, wherever its space is', () => {
    const faults = check(
      'spec:\n  hosts: [a]\n  http:\n  - fault:\n      abort:\n        httpStatus: 500\n        percentage:\n          value :7\n',
    )
    expect(faults).toContainEqual(expect.objectContaining({ ruleId: 'wrong-type', suggestion: 'value: 7' }))
  })

  it.each([
    ['name:a', '"name:a" is not a field of ObjectMeta. A space is missing after the colon of "name:".'],
    ['name a', '"name a" is not a field of ObjectMeta. A colon is missing after "name".'],
  ])('says what is missing inside braces: {%s}', (entry, message) => {
    const { documents } = parseDocuments(`apiVersion: v1\nkind: Namespace\nmetadata: {${entry}, labels: {b: c}}\n`)
    expect(documents.flatMap((document) => validate(document).diagnostics)).toMatchObject([{ message }])
  })

  it('points at an unknown field and says what was meant', () => {
    const [fault] = check('spec:\n  hosts: [a]\n  http:\n  - rout:\n    - destination: {host: a}\n')
    expect(fault).toMatchObject({
      ruleId: 'unknown-field',
      severity: 'error',
      path: 'spec.http[0].rout',
      file: 'a.yaml',
      line: 7,
      column: 5,
      endLine: 7,
      endColumn: 9,
      suggestion: 'route',
    })
    expect(formatDiagnostic(fault as NonNullable<typeof fault>)).toBe(
      'a.yaml:7:5: error: spec.http[0].rout: "rout" is not a field of HTTPRoute; did you mean "route"? [unknown-field]',
    )
  })

  it.each([
    ['hots: [a]', 'spec.hots', 'hosts'],
    ['http: [{route: [{destination: {host: a}}], time_out: 5s}]', 'spec.http[0].time_out', 'timeout'],
    ['http: [{mirorPercentage: {value: 1}}]', 'spec.http[0].mirorPercentage', 'mirrorPercentage'],
    ['http: [{route: [{destination: {Host: a}}]}]', 'spec.http[0].route[0].destination.Host', 'host'],
    ['http: [{timeout: 5}]', 'spec.http[0].timeout', '5s'],
    ['http: [{route: [{destination: {host: a, port: {number: "80"}}}]}]', 'spec.http[0].route[0].destination.port.number', '80'],
    ['http: [{route: [{destination: {host: a, subset: 1}}]}]', 'spec.http[0].route[0].destination.subset', '"1"'],
    ['hosts: a', 'spec.hosts', '[a]'],
    ['hosts: "*"', 'spec.hosts', '["*"]'],
    ['http: [{route: [{destination: {host: a}, weight: 50%}]}]', 'spec.http[0].route[0].weight', '50'],
    ['http: [{timeout: 5 s}]', 'spec.http[0].timeout', '5s'],
    ['http: [{corsPolicy: {unmatchedPreflights: forward}}]', 'spec.http[0].corsPolicy.unmatchedPreflights', 'FORWARD'],
    ['http: [{corsPolicy: {allowMethods: [POTS]}}]', 'spec.http[0].corsPolicy.allowMethods[0]', 'POST'],
    ['http: [{fault: {abort: {grpcStatus: UNAVAIL}}}]', 'spec.http[0].fault.abort.grpcStatus', 'UNAVAILABLE'],
    ['http: [{redirect: {derivePort: PROTOCOL_DEFAULT}}]', 'spec.http[0].redirect.derivePort', 'FROM_PROTOCOL_DEFAULT'],
  ])('suggests what was meant by %s', (spec, path, suggestion) => {
    expect(check(`spec: {${spec}}\n`).find((fault) => fault.path === path)).toMatchObject({ severity: 'error', suggestion })
  })

  it('adds the unit to durations of the Gateway API too', () => {
    const route = (request: unknown) =>
      validateObject({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'a' },
        spec: { rules: [{ backendRefs: [{ name: 'a', port: 80 }], timeouts: { request } }] },
      }).diagnostics
    expect(route(10)).toMatchObject([{ ruleId: 'wrong-type', suggestion: '10s', expected: 'a duration such as 5s' }])
    expect(route(1.5)).toMatchObject([{ ruleId: 'wrong-type', message: expect.not.stringContaining('quotes') }])
    expect(route(1.5)[0]).not.toHaveProperty('suggestion')
  })

  it('tells a dash without a space from a field', () => {
    expect(check('spec:\n  hosts: [a]\n  http:\n  -match: []\n').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('A space must follow the dash'),
    )
  })

  it('puts no word in quotes that stays wrong in quotes', () => {
    const [fault] = check('spec: {hosts: [a], http: [{redirect: {derivePort: OFF}}]}\n')
    expect(fault).toMatchObject({ ruleId: 'wrong-type', message: expect.not.stringContaining('quotes') })
    expect(fault).not.toHaveProperty('suggestion')
    const condition = '{type: Ready, status: True}'
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\nstatus: {conditions: [${condition}]}\n`
    const unquoted = parseDocuments(pod).documents.flatMap((document) => validate(document).diagnostics)
    expect(unquoted).toMatchObject([{ ruleId: 'wrong-type', suggestion: '"True"' }])
  })

  it('says where a field belongs that stands at the wrong indentation', () => {
    const faults = check(
      'spec:\n  hosts: [a]\n  http:\n  - route:\n    - destination: {host: a}\n      timeout: 5s\n  retries: {attempts: 1}\n',
    )
    expect(faults.map((fault) => fault.message)).toEqual([
      expect.stringContaining('It belongs further out, in HTTPRoute'),
      expect.stringContaining('It belongs further in, under "http"'),
    ])
  })

  it('points at the mapping that lacks a required field', () => {
    const [fault] = check('spec:\n  hosts: [a]\n  http:\n  - route:\n    - destination:\n        subset: v1\n')
    expect(fault).toMatchObject({ ruleId: 'missing-field', path: 'spec.http[0].route[0].destination.host', line: 8, column: 7 })
  })

  it.each([
    ['  hosts: [a]\n  http:\n  - rout:\n    - destination: {host: a}\n', 'spec.http[0].rout'],
    ['  hosts: [a]\n  http:\n  - route:\n    - destination:\n      host: a\n', 'spec.http[0].route[0].host'],
    ['  hosts: [a]\n  http:\n  - route:\n    - destination:\n', 'spec.http[0].route[0].destination'],
  ])('gives one message for one mistake', (spec, path) => {
    expect(check(`spec:\n${spec}`).map((fault) => fault.path)).toEqual([path])
  })

  it('suggests quotes around what was written, not around what YAML made of it', () => {
    const [fault] = check('spec: {hosts: [a], http: [{match: [{headers: {v: {exact: 1.10}}}], route: [{destination: {host: a}}]}]}\n')
    expect(fault?.suggestion).toBe('"1.10"')
    const [subset] = check('spec: {hosts: [a], http: [{route: [{destination: {host: a, subset: 1.10}}]}]}\n')
    expect(subset).toMatchObject({ ruleId: 'wrong-type', message: expect.not.stringContaining('quotes') })
  })

  it.each([
    ['http: [{appendHeaders: {a: b}}]', 'headers.request.add'],
    ['http: [{websocketUpgrade: true}]', 'always allowed'],
  ])('says what took the place of the old field in %s', (spec, text) => {
    expect(check(`spec: {hosts: [a], ${spec}}\n`).map((fault) => fault.message)).toContainEqual(expect.stringContaining(text))
  })

  it('sees a colon without a space, and a misspelt group', () => {
    const text = 'apiVersion: networking.isto.io/v1\nkind: VirtualService\nmetadata: {name: a}\n'
    const [group] = parseDocuments(text).documents.flatMap((document) => validate(document).diagnostics)
    expect(group).toMatchObject({ ruleId: 'wrong-api-version', path: 'apiVersion', suggestion: 'networking.istio.io/v1' })
    const value = { apiVersion: 'v1', kind: 'ConfigMap', metadata: 'name:a' }
    expect(validateObject(value).diagnostics[0]).toMatchObject({ path: 'metadata', suggestion: 'name: a' })
    const labels = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: 'app web' } }
    expect(validateObject(labels).diagnostics[0]).toMatchObject({ path: 'metadata.labels', suggestion: 'app: web' })
  })

  it('says once that the spec is missing', () => {
    expect(check('').map((fault) => `${fault.path} ${fault.ruleId}`)).toEqual(['spec missing-field'])
  })

  it('shows how a short form is written out', () => {
    const faults = check('spec: {hosts: [a], http: [{match: [{uri: /a}], route: [{destination: {host: a, port: 80}}]}]}\n')
    expect(faults.map((fault) => fault.suggestion)).toEqual(['{exact: /a}', '{number: 80}'])
  })

  it('reports every fault, in the order of the file', () => {
    const faults = check('spec:\n  hosts: [1]\n  gateway: [g]\n  http:\n  - timeout: soon\n    route: {}\n')
    expect(faults.map(({ line, ruleId }) => `${line} ${ruleId}`)).toEqual([
      '5 wrong-type',
      '6 unknown-field',
      '8 bad-duration',
      '9 wrong-type',
    ])
  })

  it('keeps places inside lists, aliases and merges', () => {
    const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.istio.io/v1\n  kind: VirtualService\n  metadata: {name: a}\n  spec:\n    hosts: [a]\n    http:\n    - route: &r\n      - destination: {host: a, port: {number: x}}\n    - route: *r\n      match: [{port: 1}]\n`
    const faults = parseDocuments(text).documents.flatMap((document) => validate(document).diagnostics)
    expect(faults.map(({ path, line }) => `${path} ${line}`)).toEqual([
      'spec.http[0].route[0].destination.port.number 11',
      'spec.http[1].route[0].destination.port.number 11',
      'spec.http[1] 12',
    ])
  })

  const pathsOf = (text: string) => {
    const { documents, damaged } = parseDocuments(text)
    return [...documents, ...damaged].flatMap((document) => validate(document).diagnostics.map(({ path, ruleId }) => `${path} ${ruleId}`))
  }

  it('tells faults of rules beside values of the wrong type', () => {
    const spec =
      'spec:\n  hosts: [a, -b, 5]\n  http:\n  - timeout: 5\n    route:\n    - destination: {host: "*"}\n      weight: "1"\n  - redirect: {port: 70000}\n'
    expect(pathsOf(header + spec)).toEqual([
      'spec.hosts[1] bad-host',
      'spec.hosts[2] wrong-type',
      'spec.http[0].timeout wrong-type',
      'spec.http[0].route[0].destination.host bad-host',
      'spec.http[0].route[0].weight wrong-type',
      'spec.http[1] virtual-service/unreachable-route',
      'spec.http[1].redirect.port bad-port',
    ])
  })

  it.each([
    [
      'a match that is not a list',
      'http: [{match: x, route: [{destination: {host: a}}]}, {route: [{destination: {host: b}}]}]',
      'spec.http[0].match',
    ],
    ['routes that are no list', 'http: {}', 'spec.http'],
    ['a destination that is a text', 'http: [{route: [{destination: a}]}]', 'spec.http[0].route[0].destination'],
    ['a route that is a text', 'http: [{route: [a]}]', 'spec.http[0].route[0]'],
    ['a spec that is a text', '', 'spec'],
  ])('reports no consequences of %s', (_, spec, path) => {
    const body = spec === '' ? 'spec: a\n' : `spec: {hosts: [a], ${spec}}\n`
    expect(pathsOf(header + body)).toEqual([`${path} wrong-type`])
  })

  it('takes a number among labels for the text that was meant', () => {
    const template = 'template: {metadata: {labels: {app: 5}}, spec: {containers: [{name: A, image: i}]}}'
    expect(
      pathsOf(`apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {app: "5"}}, ${template}}\n`),
    ).toEqual(['spec.template.metadata.labels.app wrong-type', 'spec.template.spec.containers[0].name bad-name'])
  })

  it('judges a document in which a key stands twice, too', () => {
    expect(pathsOf(`${header}spec:\n  hosts: [a]\n  hosts: [b]\n  gateway: [g]\n  http: [{route: [{destination: {host: a}}]}]\n`)).toEqual([
      'spec.gateway unknown-field',
    ])
  })

  it('says a fault once that a type and a rule find', () => {
    expect(pathsOf('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n')).toEqual(['spec missing-field'])
  })

  it('takes a field of a custom resource that has no value for absent, as an API server does, and says so', () => {
    const [parsed] = parseDocuments(
      `${header}spec:\n  hosts: [a]\n  gateways:\n  http: [{match: null, route: [{destination: {host: a}}]}]\n`,
    ).documents
    const { resource, diagnostics } = validate(parsed as ParsedDocument)
    expect(diagnostics).toMatchObject([
      { ruleId: 'null-value', severity: 'warning', path: 'spec.gateways', line: 6 },
      { ruleId: 'null-value', severity: 'warning', path: 'spec.http[0].match', line: 7 },
    ])
    expect(resource).toMatchObject({ spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }] }] } })
    expect(JSON.stringify(resource)).not.toContain('null')
  })

  it.each([
    ['a field that is required', 'spec: {hosts: [a], http: [{route: [{destination: }]}]}', 'spec.http[0].route[0].destination null-value'],
    ['an entry of a list', 'spec: {hosts: [a, null], http: [{route: [{destination: {host: a}}]}]}', 'spec.hosts[1] wrong-type'],
    [
      'an entry of a mapping, which would match everything',
      'spec: {hosts: [a], http: [{match: [{headers: {x: }}], route: [{destination: {host: a}}]}]}',
      'spec.http[0].match[0].headers.x wrong-type',
    ],
  ])('refuses %s that has no value', (_, spec, fault) => {
    expect(pathsOf(`${header}${spec}\n`)).toEqual([fault])
    expect(validate(parseDocuments(`${header}${spec}\n`).documents[0] as ParsedDocument).resource).toBeUndefined()
  })

  it('judges the rest of a resource as if a field without a value was not there', () => {
    expect(pathsOf(`${header}spec:\n  hosts: [a]\n  http:\n  - route:\n`)).toEqual([
      'spec.http[0].route null-value',
      'spec.http[0].route http-route/action-required',
    ])
  })

  it('limits how much it repeats of a hostile document', () => {
    const fields = Array.from({ length: 5000 }, (_, index) => `${'x'.repeat(200)}${index}: 1`).join(', ')
    const faults = check(`spec: {${fields}}\n`)
    expect(faults.length).toBeLessThanOrEqual(100)
    expect(Math.max(...faults.map((fault) => fault.message.length))).toBeLessThan(300)
  })

  it('suggests the mode where its mapping belongs', () => {
    const policy = { tls: 'ISTIO_MUTUAL', loadBalancer: 'ROUND_ROBIN' }
    const rule = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'a' },
      spec: { host: 'a', trafficPolicy: policy },
    }
    const { diagnostics } = validateObject(rule)
    expect(diagnostics.map(({ suggestion }) => suggestion)).toEqual(['{mode: ISTIO_MUTUAL}', '{simple: ROUND_ROBIN}'])
    expect(formatDiagnostic(diagnostics[0] as NonNullable<(typeof diagnostics)[0]>)).toContain('did you mean {mode: ISTIO_MUTUAL}?')
  })

  it('checks objects without text, without positions', () => {
    const { diagnostics, resource } = validateObject({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { prts: [] } })
    expect(resource).toBeUndefined()
    expect(diagnostics[0]).toMatchObject({ path: 'spec.prts', suggestion: 'ports' })
    expect(diagnostics[0]).not.toHaveProperty('line')
  })

  it('asks the injected engine about expressions', () => {
    const compileRegex = (expression: string) => {
      if (expression === '(?i)bad') throw new Error('missing argument')
    }
    const value = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'a' },
      spec: { hosts: ['a'], http: [{ match: [{ uri: { regex: '(?i)bad' } }], route: [{ destination: { host: 'a' } }] }] },
    }
    expect(validateObject(value).diagnostics).toEqual([])
    expect(validateObject(value, { compileRegex }).diagnostics[0]?.message).toContain('missing argument')
  })

  it.each([[1], [null], [[]], ['text'], [{}], [{ apiVersion: 1, kind: [] }], [{ apiVersion: 'v1', kind: 'Pod', metadata: 5, spec: 'x' }]])(
    'takes whatever it is given: %j',
    (value) => {
      expect(validateObject(value).diagnostics.length).toBeGreaterThan(0)
    },
  )
})
