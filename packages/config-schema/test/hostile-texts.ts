/** Texts that nobody writes by hand, and the rule that refuses each: for everything that reads texts of strangers. */

export interface HostileText {
  readonly name: string
  readonly text: string
  /** What refuses it. */
  readonly ruleId: string
}

/** As long as one value may be, and longer. */
const longest = 1_000_000
const tooLong = 1_400_000

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

function aliasBomb(): string {
  const levels = lines(20, (index) => `k${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(',')}]`)
  return `k0: &a0 [x,x,x,x,x,x,x,x,x]\n${levels}\n`
}

const resource = (apiVersion: string, kind: string, spec: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\nspec: ${spec}\n`
const route = (fields: string): string =>
  resource('networking.istio.io/v1', 'VirtualService', `{hosts: [a], http: [{${fields}, route: [{destination: {host: a}}]}]}`)
const service = (metadata: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: a, ${metadata}}\nspec: {ports: [{port: 80}]}\n`
const mergeBomb = (): string =>
  `base: &a {${Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join(', ')}}\nall:\n  <<: [${Array(1900).fill('*a').join(', ')}]\n`
const x = (count: number): string => 'x'.repeat(count)

const refused: readonly (readonly [name: string, text: string, ruleId: string])[] = [
  // Aliases and anchors.
  ['an alias bomb', aliasBomb(), 'yaml-alias-bomb'],
  ['many aliases', `a: &a 1\nb:\n${lines(60_000, () => '- *a')}`, 'yaml-alias-bomb'],
  ['merge keys that unfold', mergeBomb(), 'yaml-alias-bomb'],
  ['an alias of itself', 'a: &a [*a]', 'yaml-bad-alias'],
  ['many anchors on one value', `a: ${'&a '.repeat(100_000)}`, 'yaml-too-many-marks'],
  ['many anchors', lines(50_000, (index) => `a${index}: &b${index} 1`), 'yaml-too-many-marks'],
  ['many tags', `a: ${'!a '.repeat(100_000)}`, 'yaml-too-many-marks'],
  ['many directives', '%YAML 1.2\n'.repeat(100_000), 'yaml-too-many-marks'],
  // Depth.
  ['deep brackets', '['.repeat(200_000), 'yaml-too-deep'],
  ['deep closed brackets', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'yaml-too-deep'],
  ['deep braces', '{a: '.repeat(100_000), 'yaml-too-deep'],
  ['deep JSON', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'yaml-too-deep'],
  ['deep dashes', '- '.repeat(200_000), 'yaml-too-deep'],
  ['deep explicit keys', '? '.repeat(200_000), 'yaml-too-deep'],
  ['deep indentation', lines(1000, (index) => `${' '.repeat(index)}a:`), 'yaml-too-deep'],
  // Size.
  ['2 MiB of text', 'a: b\n'.repeat(420_000), 'yaml-too-large'],
  ['a scalar of 10 MiB', `a: ${x(10 << 20)}`, 'yaml-too-large'],
  ['a number of 10 MiB', `a: ${'1'.repeat(10 << 20)}`, 'yaml-too-large'],
  ['a key of 10 MiB', `${x(10 << 20)}: a`, 'yaml-too-large'],
  ['a plain value above the limit', `a: ${x(tooLong)}`, 'yaml-too-large'],
  ['a quoted value above the limit', `a: "${x(tooLong)}"`, 'yaml-too-large'],
  ['escapes above the limit', `a: "${String.raw`\x41`.repeat(tooLong / 4)}"`, 'yaml-too-large'],
  ['a block of text above the limit', `a: |\n  ${x(tooLong)}\n`, 'yaml-too-large'],
  ['many documents', lines(6000, () => '---\na: 1'), 'yaml-too-many-documents'],
  ['many documents at once', '---\n'.repeat(300_000), 'yaml-too-many-marks'],
  ['many commas', `[${','.repeat(300_000)}]`, 'yaml-too-many-marks'],
  ['many small values', `[${'1,'.repeat(300_000)}]`, 'yaml-too-many-marks'],
  ['many empty lines', '\n'.repeat(1_000_000), 'yaml-too-many-marks'],
  ['many comments', '# a\n'.repeat(300_000), 'yaml-too-many-marks'],
  // Keys.
  ['many duplicate keys', lines(50_000, () => 'key: 1'), 'yaml-duplicate-key'],
  ['many duplicate keys of JSON', `{${Array(50_000).fill('"key":1').join(',')}}`, 'yaml-duplicate-key'],
  ['the key __proto__', '{a: {__proto__: {polluted: true}}}', 'yaml-forbidden-key'],
  ['the key __proto__ with an escape', String.raw`{"a": {"\u005f_proto__": {"polluted": true}}}`, 'yaml-forbidden-key'],
  // Characters.
  ['zero bytes', `a: ${'\0'.repeat(1000)}`, 'yaml-control-character'],
  ['half a surrogate pair', 'a: \uD800', 'yaml-control-character'],
  ['half a surrogate pair behind an escape', String.raw`a: "\uD800"`, 'yaml-control-character'],
  ['half a surrogate pair of a key', String.raw`{"\uDC00": 1}`, 'yaml-control-character'],
  // Syntax.
  ['many quotes', '"'.repeat(300_000), 'yaml-syntax'],
  ['many quoted texts', `a: ${'"a" '.repeat(100_000)}`, 'yaml-syntax'],
  ['many broken lines', 'a\n: :\n'.repeat(50_000), 'yaml-syntax'],
  ['many broken escapes', `a: "${String.raw`\q`.repeat(300_000)}"`, 'yaml-syntax'],
  ['a key without end', `a: b\n${x(longest)}`, 'yaml-syntax'],
  // Values of fields.
  [
    'a host of megabytes',
    route('')
      .replace('hosts: [a]', `hosts: [${x(longest)}]`)
      .replace('{,', '{'),
    'bad-host',
  ],
  ['a host of many labels', route('timeout: 1s').replace('hosts: [a]', `hosts: [${'a.'.repeat(longest / 2)}a]`), 'bad-host'],
  ['an expression of megabytes', route(`match: [{uri: {regex: "${x(longest)}"}}]`), 'bad-regex'],
  ['an expression of many groups', route(`match: [{uri: {regex: "${'('.repeat(longest)}"}}]`), 'bad-regex'],
  ['an expression that repeats itself', route('match: [{uri: {regex: "((((a{1,99}){1,99}){1,99}){1,99})"}}]'), 'bad-regex'],
  [
    'expressions that unfold',
    route(
      `match: [${Array(100)
        .fill(`{uri: {regex: "${'x{1000}'.repeat(140)}"}}`)
        .join(', ')}]`,
    ),
    'bad-regex',
  ],
  ['a rewrite by an expression of megabytes', route(`rewrite: {uriRegexRewrite: {match: "${x(longest)}", rewrite: a}}`), 'bad-regex'],
  ['a field of megabytes', route(`${x(longest)}: 1`), 'unknown-field'],
  [
    'a word of megabytes',
    resource('networking.istio.io/v1', 'DestinationRule', `{host: a, trafficPolicy: {tls: {mode: ${x(longest)}}}}`),
    'bad-enum',
  ],
  ['a duration of many digits', route(`timeout: "${'1'.repeat(longest)}"`), 'bad-duration'],
  ['a text of megabytes for a number', route(`retries: {attempts: "${'1'.repeat(longest)}"}`), 'wrong-type'],
  ['a number between colons', route(`timeout: 1${':1'.repeat(120_000)}`), 'bad-duration'],
  ['a name of megabytes', `apiVersion: v1\nkind: Service\nmetadata: {name: ${x(longest)}}\nspec: {ports: [{port: 80}]}\n`, 'bad-name'],
  ['a label of megabytes', service(`labels: {a: ${x(longest)}}`), 'bad-label'],
  ['the key of a label of megabytes', service(`labels: {${'a.'.repeat(longest / 2)}: a}`), 'bad-label'],
  ['a kind of megabytes', `apiVersion: networking.istio.io/v1\nkind: ${x(longest)}\nmetadata: {name: a}\n`, 'kind-not-supported'],
  [
    'a version of megabytes',
    `apiVersion: networking.istio.io/${x(longest)}\nkind: VirtualService\nmetadata: {name: a}\n`,
    'wrong-api-version',
  ],
  ['an address of megabytes', resource('networking.istio.io/v1', 'WorkloadEntry', `{address: "${'1:'.repeat(100_000)}"}`), 'bad-address'],
  [
    'a template of megabytes',
    resource('security.istio.io/v1', 'AuthorizationPolicy', `{rules: [{to: [{operation: {paths: ["/${'{*}'.repeat(50_000)}"]}}]}]}`),
    'authorization-policy/path-template',
  ],
  ['a header of many percent signs', route(`headers: {request: {set: {a: "${'%'.repeat(longest + 1)}"}}}`), 'bad-header-value'],
  [
    'keys that nest',
    resource('security.istio.io/v1', 'RequestAuthentication', `{jwtRules: [{issuer: a, jwks: '${'['.repeat(100_000)}'}]}`),
    'request-authentication/jwks',
  ],
]

export const hostileTexts: readonly HostileText[] = refused.map(([name, text, ruleId]) => ({ name, text, ruleId }))
