/** Which kinds of connection a port accepts, per mutual TLS mode and protocol, as Istio splits them into filter chains. */
import type { FilterChainMatch } from '@heddle/routing'
import { isHttp, type PortProtocol } from '../snapshot/port-protocol.js'
import type { EffectiveMode } from '../tls/mutual-tls-mode.js'

export interface ChainOption {
  readonly match: FilterChainMatch
  readonly content: 'http' | 'tcp'
  readonly mutualTls: boolean
}

const httpOverMutualTls: readonly string[] = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
const tcpOverMutualTls: readonly string[] = ['istio-peer-exchange', 'istio']
const anyMutualTls: readonly string[] = ['istio', 'istio-peer-exchange', ...httpOverMutualTls]
const plaintextHttp: readonly string[] = ['http/1.1', 'h2c']

type Options = Readonly<Record<'http' | 'tcp' | 'auto', readonly ChainOption[]>>

const optionsByMode: Readonly<Record<EffectiveMode, Options>> = {
  PERMISSIVE: {
    http: [mutual('http', anyMutualTls), plain('http')],
    tcp: [mutual('tcp', anyMutualTls), foreignTls(), plain('tcp')],
    auto: [mutual('http', httpOverMutualTls), plain('http', plaintextHttp), mutual('tcp', tcpOverMutualTls), plain('tcp'), foreignTls()],
  },
  STRICT: {
    http: [mutual('http')],
    tcp: [mutual('tcp')],
    auto: [mutual('http', httpOverMutualTls), mutual('tcp')],
  },
  DISABLE: {
    http: [plain('http')],
    tcp: [plain('tcp')],
    auto: [plain('http', plaintextHttp), plain('tcp')],
  },
}

export function chainOptions(mode: EffectiveMode, protocol: PortProtocol): readonly ChainOption[] {
  return optionsByMode[mode][isHttp(protocol) ? 'http' : protocol === 'auto' ? 'auto' : 'tcp']
}

function mutual(content: ChainOption['content'], applicationProtocols?: readonly string[]): ChainOption {
  return {
    match: { transportProtocol: 'tls', ...(applicationProtocols === undefined ? {} : { applicationProtocols }) },
    content,
    mutualTls: true,
  }
}

function plain(content: ChainOption['content'], applicationProtocols?: readonly string[]): ChainOption {
  return {
    match: { transportProtocol: 'raw_buffer', ...(applicationProtocols === undefined ? {} : { applicationProtocols }) },
    content,
    mutualTls: false,
  }
}

/** TLS that is not the mesh's goes to the app as it is. */
function foreignTls(): ChainOption {
  return { match: { transportProtocol: 'tls' }, content: 'tcp', mutualTls: false }
}
