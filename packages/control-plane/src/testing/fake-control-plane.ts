/**
 * A real control plane for the tests of its clients: real gRPC over TLS, a real authority, on any free ports of loopback. Only
 * the API behind it is in memory, and a token is the caller's name in plain words, so it must never leave tests.
 */
import { type Clock, type Logger, silentLogger } from '@heddle/base'
import { systemClock } from '@heddle/base/node'
import {
  type Authenticator,
  type Ca,
  createCa,
  createCertificateAuthenticator,
  createJoinTokens,
  createMemoryCaStore,
  type JoinTokens,
} from '@heddle/ca'
import { createFederationFollower, type FederationFollower } from '../citadel/federation-follower.js'
import { createSecretJoinTokenStore } from '../citadel/join-token-store.js'
import { type ControlPlane, type ControlPlanePorts, createControlPlane } from '../control-plane.js'
import { type ApplyObject, createFakeResourceClient, type FakeResourceClient } from './fake-resource-client.js'

export interface FakeControlPlaneOptions {
  /** What the API holds at first. */
  readonly objects?: readonly ApplyObject[]
  /** Default: `cluster.local`. */
  readonly trustDomain?: string
  /** Default: 127.0.0.1. */
  readonly address?: string
  readonly clock?: Clock
  readonly logger?: Logger
  /** Serves the trust bundle and follows the bundles of other trust domains. Default: neither. */
  readonly isFederating?: boolean
}

export interface FakeControlPlane {
  /** `host:port` of discovery and certificates; the same again after {@link restart}. */
  readonly address: string
  /** The name in its certificate. */
  readonly serverName: string
  readonly ports: ControlPlanePorts
  readonly api: FakeResourceClient
  readonly ca: Ca
  /** Undefined unless it is federating. */
  readonly federation: FederationFollower | undefined
  /** PEM, as a Pod has it mounted. */
  rootsPem(): string
  /** Cuts every stream and frees the ports. */
  stop(): Promise<void>
  /** Serves again on the same ports. */
  restart(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const serverName = 'istiod.istio-system.svc'

/** A token that {@link createFakeControlPlane} takes. */
export function fakeToken(namespace: string, serviceAccount: string): string {
  return `fake:${namespace}:${serviceAccount}`
}

export async function createFakeControlPlane(options: FakeControlPlaneOptions = {}): Promise<FakeControlPlane> {
  const { trustDomain = 'cluster.local', address = '127.0.0.1', clock, logger } = options
  const deps = { ...(clock ? { clock } : {}), ...(logger ? { logger } : {}) }
  const api = createFakeResourceClient(...(options.objects ?? []))
  const ca = await createCa({ trustDomain, store: createMemoryCaStore() }, deps)
  const namespace = 'istio-system'
  const openTokens = (): JoinTokens =>
    createJoinTokens({ trustDomain, store: createSecretJoinTokenStore(api, namespace, clock ?? systemClock) }, deps)
  const authenticators = [
    createCertificateAuthenticator({ bundle: () => ca.bundle().trustBundle }, deps),
    tokenAuthenticator(trustDomain, api),
  ]
  const federation = options.isFederating
    ? await createFederationFollower({ client: api, namespace }, { clock: clock ?? systemClock, logger: logger ?? silentLogger })
    : undefined
  const open = (ports: ControlPlanePorts): ControlPlane => {
    const joinTokens = openTokens()
    const asked = [...authenticators.slice(0, 1), joinTokens, ...authenticators.slice(1)]
    const names = { dnsNames: [serverName], version: 'test', meshConfig: { trustDomain }, ...(federation && { federation }) }
    return createControlPlane({ client: api, ca, authenticators: asked, joinTokens, address, ports, ...names }, deps)
  }
  let controlPlane = open({ secureGrpc: 0, monitoring: 0, telemetry: 0, ...(federation && { bundle: 0 }) })
  const ports = await controlPlane.start()
  const close = async (): Promise<void> => {
    await controlPlane.close()
    federation?.close()
    await ca.close()
  }
  return {
    address: `${address}:${ports.secureGrpc}`,
    serverName,
    ports,
    api,
    ca,
    federation,
    rootsPem: () => ca.bundle().rootsPem,
    stop: () => controlPlane.close(),
    async restart() {
      controlPlane = open(ports)
      await controlPlane.start()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** An account is there as soon as its token is shown, so that tests need not make each. */
function tokenAuthenticator(trustDomain: string, api: FakeResourceClient): Authenticator {
  return {
    name: 'fake token',
    async authenticate({ token }) {
      if (token === undefined) return { kind: 'absent' }
      const [, namespace, serviceAccount] = /^fake:([^:]+):([^:]+)$/.exec(token) ?? []
      if (namespace === undefined || serviceAccount === undefined) return { kind: 'refused', reason: 'it is no fake token' }
      makeServiceAccount(api, namespace, serviceAccount)
      return { kind: 'authenticated', caller: { trustDomain, namespace, serviceAccount, method: 'jwt' } }
    },
  }
}

function makeServiceAccount(api: FakeResourceClient, namespace: string, name: string): void {
  if (api.has('serviceaccounts', name, namespace)) return
  api.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })
}
