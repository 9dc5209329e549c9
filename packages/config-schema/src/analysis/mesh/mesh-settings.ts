/** The settings of the mesh as far as analysis needs them: from the config map `istio`, an IstioOperator, or Istio's defaults. */
import type { ResourceByKind } from '../../resource.js'
import { parseDocuments } from '../../yaml/parse-documents.js'
import type { View } from './view.js'

export interface MeshSettings {
  readonly rootNamespace: string
  readonly serviceExportTo: readonly string[]
  readonly virtualServiceExportTo: readonly string[]
  readonly destinationRuleExportTo: readonly string[]
  /** Sidecars go into every namespace that does not refuse. */
  readonly isInjectionDefault: boolean
  readonly hasAccessLogProvider: boolean
  /** Proxies give addresses to hosts that have none. */
  readonly allocatesAddresses: boolean
}

interface MeshConfigText {
  readonly rootNamespace?: unknown
  readonly defaultServiceExportTo?: unknown
  readonly defaultVirtualServiceExportTo?: unknown
  readonly defaultDestinationRuleExportTo?: unknown
  readonly defaultProviders?: { readonly accessLogging?: unknown }
  readonly defaultConfig?: { readonly proxyMetadata?: Readonly<Record<string, unknown>> }
}

export function readSettings(
  configMaps: readonly View<ResourceByKind['ConfigMap']>[],
  operators: readonly View<ResourceByKind['IstioOperator']>[],
): MeshSettings {
  const config: MeshConfigText = {
    ...meshOf(configMaps.find(({ name, resource }) => name === 'istio' && resource.data?.['mesh'] !== undefined)?.resource.data?.['mesh']),
    ...(operators.find(({ resource }) => resource.spec?.meshConfig !== undefined)?.resource.spec?.meshConfig as MeshConfigText | undefined),
  }
  return {
    rootNamespace: typeof config.rootNamespace === 'string' ? config.rootNamespace : 'istio-system',
    serviceExportTo: textList(config.defaultServiceExportTo),
    virtualServiceExportTo: textList(config.defaultVirtualServiceExportTo),
    destinationRuleExportTo: textList(config.defaultDestinationRuleExportTo),
    isInjectionDefault: isInjectionDefault(configMaps, operators),
    hasAccessLogProvider: textList(config.defaultProviders?.accessLogging).length > 0,
    allocatesAddresses: String(config.defaultConfig?.proxyMetadata?.['ISTIO_META_DNS_AUTO_ALLOCATE']) === 'true',
  }
}

function meshOf(text: string | undefined): MeshConfigText {
  const value = text === undefined ? undefined : parseDocuments(text).documents[0]?.value
  return typeof value === 'object' && value !== null ? (value as MeshConfigText) : {}
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

interface InjectorValues {
  readonly sidecarInjectorWebhook?: { readonly enableNamespacesByDefault?: unknown }
}

function isInjectionDefault(
  configMaps: readonly View<ResourceByKind['ConfigMap']>[],
  operators: readonly View<ResourceByKind['IstioOperator']>[],
): boolean {
  const written = configMaps.find(({ name }) => name.startsWith('istio-sidecar-injector'))?.resource.data?.['values']
  const values = [
    written === undefined ? undefined : (parseDocuments(written).documents[0]?.value as InjectorValues | undefined),
    ...operators.map(({ resource }) => resource.spec?.values as InjectorValues | undefined),
  ]
  return values.some((value) => value?.sidecarInjectorWebhook?.enableNamespacesByDefault === true)
}
