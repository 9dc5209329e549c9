/** OpenTelemetry, loaded only when there is somewhere to send spans to: the SDK costs memory and time on every request. */

/** @returns what flushes and stops it. */
export async function startTracing(environment: Readonly<Record<string, string | undefined>>): Promise<() => Promise<void>> {
  const endpoint = environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']
  if (!endpoint) return async () => {}
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName: environment['OTEL_SERVICE_NAME'] ?? 'helloworld' })
  sdk.start()
  return () => sdk.shutdown()
}
