/** envoy.config.core.v3.Metadata.filter_metadata: per filter name (`istio`, `envoy.transport_socket_match`) a JSON struct. */
export type MetadataValue = string | number | boolean | null | readonly MetadataValue[] | MetadataStruct

export interface MetadataStruct {
  readonly [key: string]: MetadataValue
}

export type Metadata = Readonly<Record<string, MetadataStruct>>
