/** Where the SPIFFE Workload API is: `unix:///absolute/path` or `tcp://IP:port`, and nothing else in it (Workload Endpoint specification, section 4). */
import { isIP } from 'node:net'
import { HeddleError } from '@heddle/base'

/** The name that tells a workload where it is. */
export const endpointVariable = 'SPIFFE_ENDPOINT_SOCKET'

/** What gRPC dials. @throws HEDDLE_WORKLOAD_API_ADDRESS */
export function parseWorkloadEndpoint(text: string): string {
  const unix = /^unix:(?:\/\/)?(\/[^/?#][^?#]*)$/.exec(text)?.[1]
  if (unix !== undefined) return `unix:${unix}`
  const [, host = '', port = ''] =
    /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text)?.filter((part) => part !== undefined) ?? []
  if (isIP(host) !== 0 && Number(port) > 0 && Number(port) < 65_536) return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  throw new HeddleError({
    code: 'HEDDLE_WORKLOAD_API_ADDRESS',
    message: `"${text}" is no address of the Workload API`,
    hint: `Set ${endpointVariable} to unix:///absolute/path or tcp://IP:port.`,
    origin: 'user',
  })
}
