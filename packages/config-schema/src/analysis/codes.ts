/**
 * Every code that analysis reports, with its name and severity. Codes and names that begin with IST are those of istioctl analyze and
 * mean the same; HED codes are Heddle's own, mostly checks that people know from Kiali.
 */
import type { FindingSeverity } from './finding.js'

export type CodeRow = readonly [name: string, severity: FindingSeverity]

export type Code =
  | 'IST0002'
  | 'IST0101'
  | 'IST0102'
  | 'IST0103'
  | 'IST0106'
  | 'IST0107'
  | 'IST0108'
  | 'IST0109'
  | 'IST0110'
  | 'IST0111'
  | 'IST0112'
  | 'IST0116'
  | 'IST0118'
  | 'IST0123'
  | 'IST0125'
  | 'IST0127'
  | 'IST0128'
  | 'IST0129'
  | 'IST0130'
  | 'IST0131'
  | 'IST0132'
  | 'IST0133'
  | 'IST0134'
  | 'IST0135'
  | 'IST0136'
  | 'IST0137'
  | 'IST0138'
  | 'IST0140'
  | 'IST0144'
  | 'IST0145'
  | 'IST0146'
  | 'IST0147'
  | 'IST0148'
  | 'IST0149'
  | 'IST0150'
  | 'IST0151'
  | 'IST0152'
  | 'IST0153'
  | 'IST0154'
  | 'IST0155'
  | 'IST0157'
  | 'IST0159'
  | 'IST0160'
  | 'IST0161'
  | 'IST0162'
  | 'IST0165'
  | 'IST0166'
  | 'IST0167'
  | 'IST0171'
  | 'IST0173'
  | 'IST0174'
  | 'IST0175'
  | 'IST0177'
  | 'HED0001'
  | 'HED0002'
  | 'HED0003'
  | 'HED0004'
  | 'HED0005'
  | 'HED0006'
  | 'HED0007'
  | 'HED0008'
  | 'HED0009'
  | 'HED0010'
  | 'HED0011'

/** Declared by its keys alone, so that editors read little. */
export const codes: Readonly<Record<Code, CodeRow>> = {
  IST0002: ['Deprecated', 'warning'],
  IST0101: ['ReferencedResourceNotFound', 'error'],
  IST0102: ['NamespaceNotInjected', 'info'],
  IST0103: ['PodMissingProxy', 'warning'],
  IST0106: ['SchemaValidationError', 'error'],
  IST0107: ['MisplacedAnnotation', 'warning'],
  IST0108: ['UnknownAnnotation', 'warning'],
  IST0109: ['ConflictingMeshGatewayVirtualServiceHosts', 'error'],
  IST0110: ['ConflictingSidecarWorkloadSelectors', 'error'],
  IST0111: ['MultipleSidecarsWithoutWorkloadSelectors', 'error'],
  IST0112: ['VirtualServiceDestinationPortSelectorRequired', 'error'],
  IST0116: ['DeploymentAssociatedToMultipleServices', 'warning'],
  IST0118: ['PortNameIsNotUnderNamingConvention', 'info'],
  IST0123: ['NamespaceMultipleInjectionLabels', 'warning'],
  IST0125: ['InvalidAnnotation', 'warning'],
  IST0127: ['NoMatchingWorkloadsFound', 'warning'],
  IST0128: ['NoServerCertificateVerificationDestinationLevel', 'warning'],
  IST0129: ['NoServerCertificateVerificationPortLevel', 'warning'],
  IST0130: ['VirtualServiceUnreachableRule', 'warning'],
  IST0131: ['VirtualServiceIneffectiveMatch', 'info'],
  IST0132: ['VirtualServiceHostNotFoundInGateway', 'warning'],
  IST0133: ['SchemaWarning', 'warning'],
  IST0134: ['ServiceEntryAddressesRequired', 'warning'],
  IST0135: ['DeprecatedAnnotation', 'info'],
  IST0136: ['AlphaAnnotation', 'info'],
  IST0137: ['DeploymentConflictingPorts', 'warning'],
  IST0138: ['GatewayDuplicateCertificate', 'warning'],
  IST0140: ['IngressRouteRulesNotAffected', 'warning'],
  IST0144: ['InvalidApplicationUID', 'warning'],
  IST0145: ['ConflictingGateways', 'error'],
  IST0146: ['ImageAutoWithoutInjectionWarning', 'warning'],
  IST0147: ['ImageAutoWithoutInjectionError', 'error'],
  IST0148: ['NamespaceInjectionEnabledByDefault', 'info'],
  IST0149: ['JwtClaimBasedRoutingWithoutRequestAuthN', 'error'],
  IST0150: ['ExternalNameServiceTypeInvalidPortName', 'warning'],
  IST0151: ['EnvoyFilterUsesRelativeOperation', 'warning'],
  IST0152: ['EnvoyFilterUsesReplaceOperationIncorrectly', 'error'],
  IST0153: ['EnvoyFilterUsesAddOperationIncorrectly', 'error'],
  IST0154: ['EnvoyFilterUsesRemoveOperationIncorrectly', 'error'],
  IST0155: ['EnvoyFilterUsesRelativeOperationWithProxyVersion', 'warning'],
  IST0157: ['InvalidTelemetryProvider', 'warning'],
  IST0159: ['ConflictingTelemetryWorkloadSelectors', 'error'],
  IST0160: ['MultipleTelemetriesWithoutWorkloadSelectors', 'error'],
  IST0161: ['InvalidGatewayCredential', 'error'],
  IST0162: ['GatewayPortNotDefinedOnService', 'warning'],
  IST0165: ['VirtualServiceReferencesInternalGateway', 'warning'],
  IST0166: ['IneffectiveSelector', 'warning'],
  IST0167: ['IneffectivePolicy', 'warning'],
  IST0171: ['NegativeConditionStatus', 'warning'],
  IST0173: ['DestinationRuleSubsetNotSelectPods', 'error'],
  IST0174: ['UnknownDestinationRuleHost', 'warning'],
  IST0175: ['UnrestrictedJwksFetch', 'warning'],
  IST0177: ['ServiceEntryPortProtocolConflict', 'warning'],
  HED0001: ['DuplicateDestinationRule', 'warning'],
  HED0002: ['WeightWithoutEffect', 'info'],
  HED0003: ['DuplicateDestination', 'warning'],
  HED0004: ['UnknownServiceAccount', 'warning'],
  HED0005: ['MutualTlsConflict', 'error'],
  HED0006: ['IdentityWithoutMutualTls', 'warning'],
  HED0007: ['SubsetWithoutLabels', 'info'],
  HED0008: ['UnknownSidecarHost', 'warning'],
  HED0009: ['SelectorMatchesNothing', 'warning'],
  HED0010: ['ReferenceNotGranted', 'error'],
  HED0011: ['RepeatedResource', 'info'],
}

export function isCode(text: string): text is Code {
  return Object.hasOwn(codes, text)
}

/** What explains a rule or a code to whoever has only the program: no page of the project need be near. */
export function explainCommand(id: string): string {
  return `heddle explain rule ${id}`
}
