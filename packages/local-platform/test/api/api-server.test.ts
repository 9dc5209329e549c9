import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createResourceClient, type KubernetesObject, type Status, statusOf } from '@heddle/client'
import { configMap, deployment, type PlatformHarness, startHarness, types, until } from '../platform-harness.js'

let harness: PlatformHarness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

async function statusOfFailure(call: Promise<unknown>): Promise<Status> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return statusOf(error) as Status
}

/** Answers of many shapes are looked into here. */
// oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape it asked for
type Json = any

async function json(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
): Promise<{ status: number; body: Json; headers: Readonly<Record<string, string>> }> {
  const answer = await harness.client.request({ method, path, headers, ...(body !== undefined && { body }) })
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, headers: answer.headers, body: JSON.parse(Buffer.concat(chunks).toString()) }
}

describe('access', () => {
  it('answers 401 without a token and with a wrong one', async () => {
    for (const token of [undefined, 'wrong']) {
      const client = createResourceClient({
        server: harness.access.server,
        certificateAuthority: harness.access.certificateAuthority,
        ...(token !== undefined && { token }),
      })
      expect(await statusOfFailure(client.list(types.pods))).toMatchObject({ code: 401, reason: 'Unauthorized' })
      await client.close()
    }
  })

  it('answers streams that it does not speak with a Status, and strangers with 401', async () => {
    const upgrade = (token: string | undefined): Promise<{ code: number; body: Status }> =>
      new Promise((resolve, reject) => {
        const url = new URL('/api/v1/namespaces/default/pods/p/exec?command=id', harness.access.server)
        const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
        const outgoing = httpsRequest(url, { method: 'POST', ca: harness.access.certificateAuthority, headers }, (incoming) => {
          let text = ''
          incoming.on('data', (data: Buffer) => (text += data.toString()))
          incoming.on('end', () => resolve({ code: incoming.statusCode ?? 0, body: JSON.parse(text) as Status }))
        })
        outgoing.on('error', reject)
        outgoing.end()
      })
    expect(await upgrade(harness.access.adminToken)).toMatchObject({
      code: 501,
      body: { kind: 'Status', message: expect.stringContaining('kubectl exec; use `heddle exec`') },
    })
    expect(await upgrade(undefined)).toMatchObject({ code: 401, body: { reason: 'Unauthorized' } })
  })

  it('listens on loopback only', async () => {
    expect(harness.access.server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const { status, body } = await json('/version')
    expect(status).toBe(200)
    expect(body.gitVersion).toMatch(/^v1\.34\.0\+heddle\./)
  })

  it('gives a service account a token that reviews as it, and no rights on resources', async () => {
    const issued = await harness.client.createSubresource(types.serviceAccounts, 'default', 'token', { spec: { audiences: [] } }, 'default')
    const token = (issued['status'] as { token: string }).token
    const client = createResourceClient({ server: harness.access.server, certificateAuthority: harness.access.certificateAuthority, token })
    expect(await statusOfFailure(client.list(types.secrets, { namespace: 'default' }))).toMatchObject({ code: 403, reason: 'Forbidden' })
    await client.close()

    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } }
    const { body } = await json(
      '/apis/authentication.k8s.io/v1/tokenreviews',
      { 'content-type': 'application/json' },
      'POST',
      JSON.stringify(review),
    )
    expect(body.status).toMatchObject({ authenticated: true, user: { username: 'system:serviceaccount:default:default' } })
  })

  it('keeps the namespaces that Kubernetes keeps', async () => {
    for (const name of ['default', 'kube-system'])
      await expect(harness.client.delete(types.namespaces, name)).rejects.toThrow(
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      )
    expect(await harness.client.get(types.namespaces, 'default')).toMatchObject({ status: { phase: 'Active' } })
  })

  it('gives the control plane all rights by its account, and no other account of its namespace or of the system', async () => {
    const { client: admin, access } = harness
    await admin.create(types.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } })
    for (const name of ['istiod', 'istio-ingressgateway-service-account'])
      await admin.create(types.serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: 'istio-system' },
      })
    await until(admin, types.serviceAccounts, (all) =>
      all.some(({ metadata }) => metadata.namespace === 'istio-system' && metadata.name === 'default'),
    )
    const rightsOf = async (namespace: string, name: string): Promise<object> => {
      const issued = await admin.createSubresource(types.serviceAccounts, name, 'token', { spec: { audiences: [] } }, namespace)
      const { token } = issued['status'] as { token: string }
      const client = createResourceClient({ server: access.server, certificateAuthority: access.certificateAuthority, token })
      const read = await client.list(types.secrets, { namespace: 'istio-system' }).then(
        () => 'read',
        (error: unknown) => statusOf(error)?.reason,
      )
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {} }
      const headers = { 'content-type': 'application/json' }
      const answer = await client.request({ method: 'POST', path, headers, body: JSON.stringify(review) })
      let text = ''
      for await (const chunk of answer.body) text += Buffer.from(chunk).toString()
      await client.close()
      return { read, allowed: JSON.parse(text).status.allowed }
    }
    expect(await rightsOf('istio-system', 'istiod')).toEqual({ read: 'read', allowed: true })
    for (const [namespace, name] of [
      ['istio-system', 'istio-ingressgateway-service-account'],
      ['istio-system', 'default'],
      ['kube-system', 'default'],
      ['default', 'default'],
    ] as const)
      expect(await rightsOf(namespace, name)).toEqual({ read: 'Forbidden', allowed: false })
  })

  it('binds a token to its Pod: it dies with the Pod', async () => {
    const { client, access } = harness
    const pod: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bound', namespace: 'default' },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    }
    const { metadata } = await client.create(types.pods, pod)
    const body = { spec: { audiences: ['istio-ca'], boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'bound', uid: metadata.uid } } }
    const issued = await client.createSubresource(types.serviceAccounts, 'default', 'token', body, 'default')
    const token = (issued['status'] as { token: string }).token
    expect(await access.tokens.verify(token, ['istio-ca'])).toMatchObject({ namespace: 'default', serviceAccount: 'default' })
    expect(await access.tokens.verify(token)).toBeUndefined()
    await client.delete(types.pods, 'bound', 'default')
    expect(await access.tokens.verify(token, ['istio-ca'])).toBeUndefined()
  })
})

describe('verbs', () => {
  it('creates, gets, patches and deletes', async () => {
    const { client } = harness
    const created = await client.create(types.configMaps, configMap('verbs', { a: '1' }))
    expect(created.metadata).toMatchObject({
      name: 'verbs',
      namespace: 'default',
      uid: expect.any(String),
      resourceVersion: expect.stringMatching(/^\d+$/),
    })
    const patched = await client.patch(types.configMaps, 'verbs', { data: { a: null, b: '2' } }, 'default')
    expect(patched['data']).toEqual({ b: '2' })
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    await client.delete(types.configMaps, 'verbs', 'default')
    expect(await client.get(types.configMaps, 'verbs', 'default')).toBeUndefined()
  })

  it('refuses a second object of the name, a stale update and a wrong uid with 409', async () => {
    const { client } = harness
    const first = await client.create(types.configMaps, configMap('conflicts'))
    expect(await statusOfFailure(client.create(types.configMaps, configMap('conflicts')))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    })
    await client.patch(types.configMaps, 'conflicts', { data: { a: '1' } }, 'default')
    expect(await statusOfFailure(client.update(types.configMaps, { ...first, data: { b: '2' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
    })
    expect(await statusOfFailure(client.delete(types.configMaps, 'conflicts', 'default', { uid: 'another' }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
    })
  })

  it('counts generations for changes of the spec, not of metadata or status', async () => {
    const { client } = harness
    const created = await client.create(types.deployments, deployment('generations', 0))
    expect(created.metadata.generation).toBe(1)
    const labelled = await client.patch(types.deployments, 'generations', { metadata: { labels: { a: 'b' } } }, 'default')
    expect(labelled.metadata.generation).toBe(1)
    const scaled = await client.patch(types.deployments, 'generations', { spec: { replicas: 2 } }, 'default')
    expect(scaled.metadata.generation).toBe(2)
    await client.delete(types.deployments, 'generations', 'default')
  })

  it('keeps status and spec apart', async () => {
    const { client } = harness
    await client.create(types.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'apart' },
      spec: {},
      status: { phase: 'ignored' },
    })
    expect((await client.get(types.nodes, 'apart'))?.['status']).toBeUndefined()
    await client.patch(types.nodes, 'apart', { spec: { unschedulable: true }, status: { phase: 'set' } }, undefined, 'status')
    const node = await client.get(types.nodes, 'apart')
    expect(node).toMatchObject({ spec: {}, status: { phase: 'set' } })
    await client.delete(types.nodes, 'apart')
  })

  it('takes merge, strategic merge and JSON patches, and says with 415 what it does not take', async () => {
    await harness.client.create(types.configMaps, configMap('patches', { a: '1', b: '2' }))
    const path = '/api/v1/namespaces/default/configmaps/patches'
    const send = (type: string, patch: object): Promise<Json> => json(path, { 'content-type': type }, 'PATCH', JSON.stringify(patch))
    expect(await send('application/merge-patch+json', { data: { a: null } })).toMatchObject({ status: 200, body: { data: { b: '2' } } })
    const operations = [
      { op: 'test', path: '/data/b', value: '2' },
      { op: 'move', from: '/data/b', path: '/data/c' },
    ]
    expect(await send('application/json-patch+json', operations)).toMatchObject({ status: 200, body: { data: { c: '2' } } })
    expect(await send('application/json-patch+json', operations)).toMatchObject({
      status: 422,
      body: { reason: 'Invalid', message: expect.stringContaining('there is nothing at "/data/b"') },
    })
    expect(await send('application/strategic-merge-patch+json', { data: { $patch: 'replace', d: '4' } })).toMatchObject({
      status: 200,
      body: { data: { d: '4' } },
    })
    expect(await send('application/strategic-merge-patch+json', { data: { $patch: 'mend' } })).toMatchObject({ status: 400 })
    expect(await send('application/apply-patch+yaml', {})).toMatchObject({
      status: 415,
      body: { kind: 'Status', reason: 'UnsupportedMediaType' },
    })
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/none.example.com'
    expect(await json(definitions, { 'content-type': 'application/json-patch+json' }, 'PATCH', '[]')).toMatchObject({ status: 404 })
  })

  it('stores nothing on a dry run', async () => {
    const body = JSON.stringify(configMap('dry'))
    const answer = await json('/api/v1/namespaces/default/configmaps?dryRun=All', { 'content-type': 'application/json' }, 'POST', body)
    expect(answer).toMatchObject({ status: 201, body: { metadata: { name: 'dry' } } })
    expect(await harness.client.get(types.configMaps, 'dry', 'default')).toBeUndefined()
    await harness.client.create(types.configMaps, configMap('dry', { a: '1' }))
    await harness.client.create(types.deployments, deployment('dry', 0))
    const send = async (method: string, path: string, patch: object = {}): Promise<Json> =>
      (await json(`${path}?dryRun=All`, { 'content-type': 'application/merge-patch+json' }, method, JSON.stringify(patch))).body
    const maps = '/api/v1/namespaces/default/configmaps/dry'
    expect(await send('PATCH', maps, { data: { a: '2' } })).toMatchObject({ data: { a: '2' } })
    await send('DELETE', maps)
    const deployments = '/apis/apps/v1/namespaces/default/deployments/dry'
    expect(await send('PATCH', `${deployments}/scale`, { spec: { replicas: 3 } })).toMatchObject({ spec: { replicas: 3 } })
    expect(await harness.client.get(types.configMaps, 'dry', 'default')).toMatchObject({ data: { a: '1' } })
    expect(await harness.client.get(types.deployments, 'dry', 'default')).toMatchObject({ spec: { replicas: 0 } })
    await harness.client.delete(types.deployments, 'dry', 'default')
  })

  it('selects by labels and fields, and pages', async () => {
    const { client } = harness
    for (const [name, tier] of [
      ['sel-a', 'web'],
      ['sel-b', 'db'],
      ['sel-c', 'web'],
    ] as const)
      await client.create(types.configMaps, { ...configMap(name), metadata: { name, namespace: 'default', labels: { tier } } })
    const names = async (labelSelector: string): Promise<readonly string[]> =>
      (await client.list(types.configMaps, { namespace: 'default', labelSelector })).items.map(({ metadata }) => metadata.name)
    expect(await names('tier=web')).toEqual(['sel-a', 'sel-c'])
    expect(await names('tier in (db,cache)')).toEqual(['sel-b'])
    expect(await names('tier,tier!=web')).toEqual(['sel-b'])
    const page = await json('/api/v1/namespaces/default/configmaps?labelSelector=tier&limit=2')
    expect(page.body).toMatchObject({ items: [{}, {}], metadata: { remainingItemCount: 1, continue: expect.any(String) } })
    const rest = await json(`/api/v1/namespaces/default/configmaps?labelSelector=tier&limit=2&continue=${page.body.metadata.continue}`)
    expect(rest.body.items.map((item: KubernetesObject) => item.metadata.name)).toEqual(['sel-c'])
    const one = await client.list(types.configMaps, { fieldSelector: 'metadata.name=sel-b' })
    expect(one.items).toHaveLength(1)
  })

  it('selects by the fields that Kubernetes knows of a kind, and refuses others', async () => {
    const names = async (path: string, fieldSelector: string): Promise<readonly string[]> =>
      (await json(`/api/v1/${path}?fieldSelector=${encodeURIComponent(fieldSelector)}`)).body.items.map(
        (item: KubernetesObject) => item.metadata.name,
      )
    const secret = (name: string, type: string): KubernetesObject => ({ ...configMap(name, { a: 'MQ==' }), kind: 'Secret', type })
    await harness.client.create(types.secrets, secret('by-a', 'example.com/a'))
    await harness.client.create(types.secrets, secret('by-b', 'example.com/b'))
    expect(await names('secrets', 'type=example.com/b')).toEqual(['by-b'])
    expect(await names('namespaces/default/secrets', 'type!=example.com/a,metadata.name!=other')).toContain('by-b')
    expect(await names('namespaces', 'status.phase=Active,metadata.name=default')).toEqual(['default'])
    expect(await names('pods', 'spec.nodeName=,status.phase!=Running,status.podIP=')).toEqual([])
    for (const [path, selector] of [
      ['pods', 'foo=bar'],
      ['pods', 'spec.containers=x'],
      ['configmaps', 'type=x'],
      ['pods?watch=true', 'toString=x'],
    ] as const) {
      const field = selector.slice(0, selector.indexOf('='))
      const answer = await json(`/api/v1/${path}${path.includes('?') ? '&' : '?'}fieldSelector=${selector}`)
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest', message: `field label not supported: ${field}` } })
    }
  })

  it('shows in every page the moment of the first, and a watch from there what happened since', async () => {
    const { client } = harness
    const labels = { paged: 'yes' }
    const make = (name: string, value = ''): KubernetesObject => ({
      ...configMap(name, { value }),
      metadata: { name, namespace: 'default', labels },
    })
    for (const name of ['page-a', 'page-c', 'page-d', 'page-e']) await client.create(types.configMaps, make(name))
    const path = '/api/v1/namespaces/default/configmaps?labelSelector=paged'
    const first = (await json(`${path}&limit=2`)).body
    await client.delete(types.configMaps, 'page-a', 'default')
    await client.delete(types.configMaps, 'page-d', 'default')
    await client.patch(types.configMaps, 'page-e', { data: { value: 'new' } }, 'default')
    await client.create(types.configMaps, make('page-f'))
    const second = (await json(`${path}&limit=2&continue=${first.metadata.continue}`)).body
    const seen = [...first.items, ...second.items].map((item: Json) => `${item.metadata.name} ${item.data.value}`)
    expect(seen).toEqual(['page-a ', 'page-c ', 'page-d ', 'page-e '])
    expect(second.metadata).toMatchObject({ resourceVersion: first.metadata.resourceVersion })
    expect(second.metadata.continue).toBeUndefined()
    const now = (await json(path)).body
    expect(now.items.map((item: Json) => item.metadata.name)).toEqual(['page-c', 'page-e', 'page-f'])
    expect(Number(now.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion))
  })

  it('refuses a continue token that is none, and numbers that are no counts', async () => {
    const path = '/api/v1/namespaces/default/configmaps'
    for (const query of ['continue=x', 'limit=-1', 'limit=two', 'watch=1&timeoutSeconds=-5'])
      expect(await json(`${path}?${query}`)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } })
    const old = Buffer.from(JSON.stringify({ revision: -1, after: '' })).toString('base64url')
    expect(await json(`${path}?continue=${old}`)).toMatchObject({ status: 410, body: { reason: 'Expired' } })
  })

  it('refuses what has no namespace or an impossible name', async () => {
    const { client } = harness
    expect(await statusOfFailure(client.create(types.configMaps, configMap('x', {}, 'nowhere')))).toMatchObject({
      code: 404,
      message: 'namespaces "nowhere" not found',
    })
    expect(await statusOfFailure(client.create(types.configMaps, configMap('Not_A_Name')))).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ field: 'metadata.name' }] },
    })
  })

  it('gives a deleted Pod of a node its grace period', async () => {
    const { client } = harness
    const spec = { nodeName: 'n', terminationGracePeriodSeconds: 7, containers: [{ name: 'app', image: 'app' }] }
    await client.create(types.pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'grace', namespace: 'default' }, spec })
    await client.delete(types.pods, 'grace', 'default')
    expect((await client.get(types.pods, 'grace', 'default'))?.metadata).toMatchObject({
      deletionGracePeriodSeconds: 7,
      deletionTimestamp: expect.any(String),
    })
    await client.delete(types.pods, 'grace', 'default', { gracePeriodSeconds: 0 })
    expect(await client.get(types.pods, 'grace', 'default')).toBeUndefined()
  })
})

describe('services', () => {
  const service = (name: string, spec: object): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec,
  })

  it('gets a virtual address in the upper half of the mesh subnet, for as long as it lives', async () => {
    const { client, access } = harness
    const created = await client.create(types.services, service('vip', { ports: [{ port: 80, targetPort: 8080 }] }))
    const { clusterIP } = created['spec'] as { clusterIP: string }
    expect(clusterIP).toMatch(new RegExp(`^127\\.${access.subnet}\\.(12[89]|1[3-9]\\d|2\\d\\d)\\.\\d+$`))
    const updated = await client.update(types.services, service('vip', { ports: [{ port: 81 }] }))
    expect(updated['spec']).toMatchObject({ clusterIP, ports: [{ port: 81, targetPort: 81, protocol: 'TCP' }] })
    expect(await statusOfFailure(client.patch(types.services, 'vip', { spec: { clusterIP: '127.1.200.9' } }, 'default'))).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.clusterIP' }] },
    })
  })

  it('leaves a load balancer pending until a gateway serves it, and keeps a headless one headless', async () => {
    const { client } = harness
    const balanced = await client.create(types.services, service('lb', { type: 'LoadBalancer', ports: [{ port: 80 }] }))
    expect(balanced['status']).toEqual({ loadBalancer: {} })
    const headless = await client.create(types.services, service('headless', { clusterIP: 'None', ports: [{ port: 80 }] }))
    expect(headless['spec']).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] })
  })

  it('refuses ports out of range and twice the same', async () => {
    const status = await statusOfFailure(
      harness.client.create(
        types.services,
        service('bad', {
          ports: [
            { name: 'a', port: 70000 },
            { name: 'b', port: 70000 },
          ],
        }),
      ),
    )
    expect(status.code).toBe(422)
    expect(status.details?.causes?.map((cause) => cause.field)).toEqual(
      expect.arrayContaining(['spec.ports[0].port', 'spec.ports[1].port']),
    )
  })
})

describe('watch', () => {
  /** Reads events of a raw watch until `count` came. */
  async function events(query: string, count: number, during: () => Promise<unknown> = async () => {}): Promise<Json[]> {
    const abort = new AbortController()
    const answer = await harness.client.request({ path: `/api/v1/namespaces/default/configmaps?watch=true&${query}`, signal: abort.signal })
    await during()
    const seen: unknown[] = []
    let rest = ''
    for await (const chunk of answer.body) {
      rest += Buffer.from(chunk).toString()
      const lines = rest.split('\n')
      rest = lines.pop() as string
      for (const line of lines) seen.push(JSON.parse(line))
      if (seen.length >= count) break
    }
    abort.abort()
    return seen as Json[]
  }

  it('goes on after a version, and turns leaving a selector into DELETED', async () => {
    const { client } = harness
    const made = await client.create(types.configMaps, {
      ...configMap('w1'),
      metadata: { name: 'w1', namespace: 'default', labels: { watch: 'yes' } },
    })
    const seen = await events(`resourceVersion=${made.metadata.resourceVersion}&labelSelector=watch%3Dyes`, 3, async () => {
      await client.patch(types.configMaps, 'w1', { data: { a: '1' } }, 'default')
      await client.patch(types.configMaps, 'w1', { metadata: { labels: { watch: 'no' } } }, 'default')
      await client.patch(types.configMaps, 'w1', { metadata: { labels: { watch: 'yes' } } }, 'default')
    })
    expect(seen.map((event) => event.type)).toEqual(['MODIFIED', 'DELETED', 'ADDED'])
    const versions = seen.map((event) => Number(event.object.metadata.resourceVersion))
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
  })

  it('streams the initial list and marks its end', async () => {
    await harness.client.create(types.configMaps, {
      ...configMap('wl'),
      metadata: { name: 'wl', namespace: 'default', labels: { list: 'yes' } },
    })
    const seen = await events(
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=list%3Dyes',
      2,
    )
    expect(seen.map((event) => event.type)).toEqual(['ADDED', 'BOOKMARK'])
    expect(seen[1].object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  })

  it('answers 410 for a version it cannot go on from', async () => {
    expect(await json('/api/v1/configmaps?watch=true&resourceVersion=99999999')).toMatchObject({ status: 410, body: { reason: 'Expired' } })
  })

  it('ends after timeoutSeconds', async () => {
    const answer = await harness.client.request({ path: '/api/v1/namespaces?watch=true&resourceVersion=0&timeoutSeconds=1' })
    let bytes = 0
    for await (const chunk of answer.body) bytes += chunk.length
    expect(bytes).toBeGreaterThan(0)
  })

  it('sends its headers before any event', async () => {
    const status = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(harness.access.server)
      const request = httpsRequest(
        {
          hostname,
          port,
          ca: harness.access.certificateAuthority,
          path: '/api/v1/secrets?watch=true&resourceVersion=',
          headers: { authorization: `Bearer ${harness.access.adminToken}` },
        },
        (response) => {
          resolve(response.statusCode)
          response.destroy()
        },
      )
      request.on('error', reject)
      request.end()
    })
    expect(status).toBe(200)
  })
})

describe('tables', () => {
  it('shows the columns kubectl users know', async () => {
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
    const columns = async (path: string): Promise<string[]> =>
      (await json(path, accept)).body.columnDefinitions
        .filter((column: { priority: number }) => column.priority === 0)
        .map((column: { name: string }) => column.name)
    expect(await columns('/api/v1/pods')).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age'])
    expect(await columns('/api/v1/services')).toEqual(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age'])
    expect(await columns('/apis/apps/v1/deployments')).toEqual(['Name', 'Ready', 'Up-to-date', 'Available', 'Age'])
  })

  it('takes the columns of a custom resource from its definition, in every served version', async () => {
    const { client } = harness
    await client.create(types.definitions, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'looms.test.heddle.dev' },
      spec: {
        group: 'test.heddle.dev',
        scope: 'Namespaced',
        names: { plural: 'looms', kind: 'Loom', shortNames: ['lm'] },
        versions: [
          { name: 'v1beta1', served: true, storage: false },
          {
            name: 'v1',
            served: true,
            storage: true,
            additionalPrinterColumns: [{ name: 'Threads', type: 'string', jsonPath: '.spec.threads' }],
          },
        ],
      },
    })
    await client.create(
      { group: 'test.heddle.dev', version: 'v1beta1', plural: 'looms' },
      {
        apiVersion: 'test.heddle.dev/v1beta1',
        kind: 'Loom',
        metadata: { name: 'one', namespace: 'default' },
        spec: { threads: ['a', 'b'] },
      },
    )
    expect(await client.get({ group: 'test.heddle.dev', version: 'v1', plural: 'looms' }, 'one', 'default')).toMatchObject({
      apiVersion: 'test.heddle.dev/v1',
    })
    const { body } = await json('/apis/test.heddle.dev/v1/looms', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    expect(body.rows[0].cells).toEqual(['one', '["a","b"]'])
    await client.delete(types.definitions, 'looms.test.heddle.dev')
    expect((await json('/apis/test.heddle.dev/v1')).status).toBe(404)
  })
})

describe('namespaces', () => {
  it('have an account and the root certificate, and take everything with them', async () => {
    const { client } = harness
    await client.create(types.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } })
    await until(client, types.serviceAccounts, (accounts) =>
      accounts.some(({ metadata }) => metadata.namespace === 'team' && metadata.name === 'default'),
    )
    await client.create(types.configMaps, configMap('inside', {}, 'team'))
    await client.delete(types.namespaces, 'team')
    await until(client, types.namespaces, (namespaces) => !namespaces.some(({ metadata }) => metadata.name === 'team'))
    expect((await client.list(types.configMaps, { namespace: 'team' })).items).toEqual([])
  })
})

describe('discovery', () => {
  it('answers in the legacy and in the aggregated form', async () => {
    const legacy = await json('/apis/apps/v1')
    expect(legacy.body.resources.find((resource: { name: string }) => resource.name === 'deployments')).toMatchObject({
      kind: 'Deployment',
      shortNames: ['deploy'],
      categories: ['all'],
    })
    const aggregated = await json('/apis', {
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    })
    expect(aggregated.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')
    expect(aggregated.body.items.map((item: KubernetesObject) => item.metadata.name)).toContain('apps')
  })
})

describe('schemas', () => {
  const broken: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'schemas', namespace: 'default' },
    spec: { ports: [{ port: 'eighty' }] },
  }

  it('refuses a wrong type with 422 and names the field', async () => {
    expect(await statusOfFailure(harness.client.create(types.services, broken))).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.ports[0].port' }] },
    })
  })

  it('refuses, warns of or drops an unknown field, as fieldValidation says', async () => {
    const service = { ...broken, spec: { ports: [{ port: 80, targetprt: 8080 }] } }
    const post = (mode: string): Promise<{ status: number; body: Json; headers: Readonly<Record<string, string>> }> =>
      json(
        `/api/v1/namespaces/default/services?dryRun=All&fieldValidation=${mode}`,
        { 'content-type': 'application/json' },
        'POST',
        JSON.stringify(service),
      )
    const strict = await post('Strict')
    expect(strict).toMatchObject({ status: 400, body: { message: expect.stringContaining('unknown field "spec.ports[0].targetprt"') } })
    const warned = await post('Warn')
    expect(warned.headers['warning']).toContain('299 - "unknown field')
    expect(warned).toMatchObject({ status: 201, body: { spec: { ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] } } })
    expect(warned.body.spec.ports[0]).not.toHaveProperty('targetprt')
    expect((await post('Ignore')).headers['warning']).toBeUndefined()
  })

  it('drops however many unknown fields, and warns of as many as a client reads, in any language', async () => {
    const ports = Object.fromEntries([['größe', 1], ...Array.from({ length: 900 }, (_, index) => [`unknown${index}`, 1] as const)])
    const service = { ...broken, spec: { ports: [{ port: 80, ...ports }] } }
    const path = '/api/v1/namespaces/default/services?dryRun=All'
    const { status, headers, body } = await json(path, { 'content-type': 'application/json' }, 'POST', JSON.stringify(service))
    expect(status).toBe(201)
    expect(body.spec.ports).toEqual([{ port: 80, targetPort: 80, protocol: 'TCP' }])
    expect(headers['warning']?.length).toBeLessThan(6000)
    const text = Buffer.from(headers['warning'] ?? '', 'latin1').toString('utf8')
    expect(text).toContain('größe')
    expect(text).toMatch(/299 - "\d+ more warnings"$/)
  })
})
