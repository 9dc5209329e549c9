/** Rules of Istio's security, telemetry and extension kinds, with an example each that breaks the rule. */
import type { RuleRow } from './rule-row.js'

const source = (text: string): string => `{rules: [{from: [{source: {${text}}}]}]}`
const when = (text: string): string => `{rules: [{when: [{${text}}]}]}`

export const securityRules: readonly RuleRow[] = [
  ['peer-authentication/selector-required', 'PeerAuthentication', '{portLevelMtls: {80: {mode: STRICT}}}', ''],
  ['request-authentication/issuer-required', 'RequestAuthentication', '{jwtRules: [{audiences: [a]}]}', ''],
  ['request-authentication/jwks-uri', 'RequestAuthentication', '{jwtRules: [{issuer: a, jwksUri: example.com/keys}]}', ''],
  ['request-authentication/jwks', 'RequestAuthentication', '{jwtRules: [{issuer: a, jwks: "{}"}]}', ''],
  [
    'request-authentication/private-key',
    'RequestAuthentication',
    `{jwtRules: [{issuer: a, jwks: '{"keys": [{"kty": "EC", "d": "x"}]}'}]}`,
    '',
  ],
  ['authorization-policy/rules-required', 'AuthorizationPolicy', '{action: DENY}', ''],
  ['authorization-policy/provider-required', 'AuthorizationPolicy', '{action: CUSTOM, rules: [{}]}', ''],
  ['authorization-policy/provider-action', 'AuthorizationPolicy', '{action: ALLOW, provider: {name: a}}', ''],
  ['authorization-policy/empty', 'AuthorizationPolicy', '{rules: [{from: []}]}', ''],
  [
    'authorization-policy/custom-source',
    'AuthorizationPolicy',
    '{action: CUSTOM, provider: {name: a}, rules: [{from: [{source: {principals: ["*"]}}]}]}',
    '',
  ],
  ['authorization-policy/service-accounts', 'AuthorizationPolicy', source('serviceAccounts: [a/b], namespaces: [a]'), ''],
  ['authorization-policy/service-account', 'AuthorizationPolicy', source('serviceAccounts: [a/*]'), ''],
  ['authorization-policy/trust-domain', 'AuthorizationPolicy', source('trustDomains: ["a*b"]'), ''],
  ['authorization-policy/path-template', 'AuthorizationPolicy', '{rules: [{to: [{operation: {paths: ["/a/{b}"]}}]}]}', ''],
  ['authorization-policy/condition-key', 'AuthorizationPolicy', when('key: source.namespac, values: [a]'), ''],
  ['authorization-policy/values-required', 'AuthorizationPolicy', when('key: source.ip'), ''],
  ['authorization-policy/deny-http', 'AuthorizationPolicy', '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}]}', ''],
]

export const telemetryRules: readonly RuleRow[] = [
  ['telemetry/many-tracing', 'Telemetry', '{tracing: [{}, {}]}', ''],
  ['telemetry/many-providers', 'Telemetry', '{tracing: [{providers: [{name: a}, {name: b}]}]}', ''],
  ['telemetry/tag', 'Telemetry', '{tracing: [{customTags: {a: {}}}]}', ''],
  ['telemetry/filter', 'Telemetry', '{accessLogging: [{filter: {expression: "response.code >= (400"}}]}', ''],
  ['telemetry/tag-value', 'Telemetry', '{metrics: [{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}]}', ''],
]

export const extensionRules: readonly RuleRow[] = [
  ['wasm/url', 'WasmPlugin', '{url: "ftp://a/b"}', ''],
  ['wasm/duplicate-env', 'WasmPlugin', '{url: oci://a/b, vmConfig: {env: [{name: A, value: b}, {name: A, value: c}]}}', ''],
  ['wasm/env-value', 'WasmPlugin', '{url: oci://a/b, vmConfig: {env: [{name: A, valueFrom: HOST, value: b}]}}', ''],
]
