/**
 * The names that a TLS context expects of its peer's certificate (Envoy's `match_subject_alt_names`): any of them will do. An
 * exact one also stands for a host or an address, and is found as such: `*.example.com` carries `api.example.com`.
 */
import { type CertificateValidation, type CompileRegex, compileStringMatcher, type StringMatcher } from '@heddle/routing'
import type { SubjectAltNames } from '@heddle/x509'
import { isNamed } from './server-name.js'

type NameTest = (names: SubjectAltNames | undefined) => boolean

/** @returns whether a certificate carries an expected name; compiled once for each validation. */
export function createExpectedNames(
  compileRegex: CompileRegex | undefined,
): (validation: CertificateValidation, names: SubjectAltNames | undefined) => boolean {
  const compiled = new WeakMap<CertificateValidation, readonly NameTest[]>()
  return (validation, names) => {
    let tests = compiled.get(validation)
    if (tests === undefined) {
      tests = (validation.matchSubjectAltNames ?? []).map((matcher) => nameTest(matcher, compileRegex))
      compiled.set(validation, tests)
    }
    return tests.length === 0 || tests.some((test) => test(names))
  }
}

function nameTest(matcher: StringMatcher, compileRegex: CompileRegex | undefined): NameTest {
  const test = compileStringMatcher(matcher, compileRegex)
  const isText: NameTest = (names) => names !== undefined && (names.uris.some(test) || names.dnsNames.some(test))
  if (matcher.kind !== 'exact') return isText
  const host = matcher.value.toLowerCase()
  return (names) => isText(names) || isNamed(names, host)
}
