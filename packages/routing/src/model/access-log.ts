/** envoy.config.accesslog.v3.AccessLog: where a record of each request or connection goes, and how it is written. */
import type { MetadataStruct } from './metadata.js'

export interface AccessLog {
  readonly sink: FileAccessLog | GrpcAccessLog
  /** Only records with one of these response flags (`NR`, `UF`, ...); all when absent. */
  readonly responseFlags?: readonly string[]
}

export interface FileAccessLog {
  readonly kind: 'file'
  /** `/dev/stdout` is the process's standard output. */
  readonly path: string
  readonly format: { readonly kind: 'text'; readonly text: string } | { readonly kind: 'json'; readonly fields: MetadataStruct }
}

/** Envoy's access log service (ALS): records are streamed to a cluster. */
export interface GrpcAccessLog {
  readonly kind: 'grpc'
  readonly logName: string
  readonly cluster: string
}
