/** Rules of BackendTLSPolicy: one source of trust, and targets that can be told apart. */
import type {
  BackendTLSPolicy,
  BackendTLSPolicyValidation,
  LocalPolicyTargetReference,
  SubjectAltName,
} from '../../gen/gateway-api-types.js'
import { clip } from '../../model/clip.js'
import { isIpAddress } from '../../model/host-format.js'
import type { FaultList } from '../../validate/fault.js'
import { eachOf, error, within } from '../reporter.js'

export function checkBackendTlsPolicy({ spec }: BackendTLSPolicy, faults: FaultList): void {
  within(faults, ['spec'], () => {
    checkTargets(spec.targetRefs, faults)
    if (spec.validation) within(faults, ['validation'], () => checkValidation(spec.validation, faults))
  })
}

function checkTargets(targets: readonly LocalPolicyTargetReference[] | undefined, faults: FaultList): void {
  const seen: LocalPolicyTargetReference[] = []
  eachOf(faults, 'targetRefs', targets, (target) => {
    const at = seen.findIndex((other) => other.group === target.group && other.kind === target.kind && other.name === target.name)
    const first = seen[at]
    seen.push(target)
    if (first === undefined) return
    const isDistinct =
      first.sectionName &&
      target.sectionName &&
      seen.filter((other) => other.name === target.name && other.sectionName === target.sectionName).length === 1
    if (!isDistinct)
      error(faults, 'backend-tls-policy/target-part', [], 'The same target stands twice; each entry must name its own sectionName.', {
        related: [{ path: [...faults.path.slice(0, -1), at], message: 'The other entry.' }],
      })
  })
}

function checkValidation(
  { caCertificateRefs = [], wellKnownCACertificates = '', subjectAltNames, hostname = '' }: Partial<BackendTLSPolicyValidation>,
  faults: FaultList,
): void {
  const hasRefs = caCertificateRefs.length > 0
  if (hasRefs && wellKnownCACertificates !== '')
    error(
      faults,
      'backend-tls-policy/trust',
      ['wellKnownCACertificates'],
      'Only one of caCertificateRefs and wellKnownCACertificates may be set.',
      { part: 'key' },
    )
  if (!hasRefs && wellKnownCACertificates === '')
    error(
      faults,
      'backend-tls-policy/trust',
      [],
      'The policy does not say whom to trust: set caCertificateRefs, or wellKnownCACertificates: System.',
      { expected: 'caCertificateRefs or wellKnownCACertificates' },
    )
  if (wellKnownCACertificates !== '' && wellKnownCACertificates !== 'System' && !wellKnownCACertificates.includes('/'))
    error(faults, 'bad-enum', ['wellKnownCACertificates'], `"${clip(wellKnownCACertificates)}" is no known set of authorities.`, {
      expected: 'System, or DOMAIN/NAME',
      suggestion: 'System',
    })
  if (isIpAddress(hostname)) error(faults, 'bad-host', ['hostname'], `"${clip(hostname)}" is an address; a server name is a name.`)
  eachOf(faults, 'subjectAltNames', subjectAltNames, (name) => checkName(name, faults))
}

function checkName({ type, hostname, uri }: SubjectAltName, faults: FaultList): void {
  const fields = { Hostname: ['hostname', hostname], URI: ['uri', uri] } as const
  for (const [wanted, [field, value]] of Object.entries(fields)) {
    if (type === wanted && !value)
      error(faults, 'backend-tls-policy/subject-alt-name', [field], `Type ${type} needs "${field}".`, { part: 'key', expected: field })
    if (type !== undefined && type !== wanted && value)
      error(faults, 'backend-tls-policy/subject-alt-name', [field], `Type ${type} does not have "${field}".`, { part: 'key' })
  }
}
