/** The preload in real processes: every client of Node in an injected Pod and in one without a sidecar. */
import { rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPreload } from './built-preload.js'
import { createFakePod, type FakePod, runNode } from './fake-pod.js'
import { certificate, key } from './web-certificate.js'

const token = 'ab'.repeat(16)
let preload: { path: string; directory: string }
let plain: http.Server
let secure: https.Server
let echo: net.Server
let grpc: Server
let ports: { plain: number; secure: number; echo: number; grpc: number }

const listen = (server: net.Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)))

beforeAll(async () => {
  preload = await buildPreload()
  plain = http.createServer((request, response) => response.end(`plain ${request.headers.host} ${request.socket.remoteAddress}`))
  secure = https.createServer({ cert: certificate, key }, (request, response) => response.end(`secure ${request.headers.host}`))
  echo = net.createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket))
  grpc = new Server()
  const identity = (bytes: Buffer): Buffer => bytes
  const method = { path: '/echo.Echo/Say', requestStream: false, responseStream: false }
  const codec = { requestSerialize: identity, requestDeserialize: identity, responseSerialize: identity, responseDeserialize: identity }
  grpc.addService(
    { say: { ...method, ...codec } },
    { say: (call: { request: Buffer }, done: (e: null, v: Buffer) => void) => done(null, call.request) },
  )
  const grpcPort = new Promise<number>((resolve, reject) =>
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
  )
  ports = { plain: await listen(plain), secure: await listen(secure), echo: await listen(echo), grpc: await grpcPort }
})

afterAll(() => {
  plain.close()
  secure.close()
  echo.close()
  grpc.forceShutdown()
  rmSync(preload.directory, { recursive: true, force: true })
})

const clients: Readonly<Record<string, { script: string; module?: boolean; expected: RegExp; destination: number }>> = {
  fetch: { script: `fetch('http://web/hello').then(r => r.text()).then(console.log)`, expected: /^plain web /, destination: 80 },
  'fetch from an ES module': {
    script: `console.log(await (await fetch('http://web.shop:80/')).text())`,
    module: true,
    expected: /^plain web.shop /,
    destination: 80,
  },
  undici: {
    script: `const { request } = require('undici'); request('http://web/').then(r => r.body.text()).then(console.log)`,
    expected: /^plain web /,
    destination: 80,
  },
  http: {
    script: `require('http').get('http://WEB./', r => r.on('data', d => console.log(String(d))))`,
    expected: /^plain WEB/i,
    destination: 80,
  },
  'http through a named import': {
    script: `import { get } from 'node:http'; get({ host: 'web', port: '80', agent: false }, r => r.on('data', d => console.log(String(d))))`,
    module: true,
    expected: /^plain web/,
    destination: 80,
  },
  https: {
    script: `require('https').get('https://web/', { ca: process.env.CA }, r => r.on('data', d => console.log(String(d))))`,
    expected: /^secure web/,
    destination: 443,
  },
  'fetch over https': {
    script: `fetch('https://web.shop/').then(r => r.text()).then(console.log)`,
    expected: /^secure web.shop/,
    destination: 443,
  },
  tls: {
    script: `const s = require('tls').connect(443, 'web', { ca: process.env.CA, servername: 'web' }, () => { console.log(s.authorized, s.getPeerCertificate().subject.CN); s.end() })`,
    expected: /^true web$/,
    destination: 443,
  },
  net: {
    script: `const s = require('net').connect(7, 'web', () => s.write('over net')); s.on('data', d => { console.log(String(d)); s.end() })`,
    expected: /^over net$/,
    destination: 7,
  },
  'net with a write before the connection stands': {
    script: `const s = new (require('net').Socket)(); s.on('connect', () => s.write('second')); s.connect({ host: 'web', port: 7 }); s.write('first '); let t = ''; s.on('data', d => { t += d; if (t.length === 12) { console.log(t); s.end() } })`,
    expected: /^first second$/,
    destination: 7,
  },
  http2: {
    script: `const c = require('http2').connect('http://web:50051'); c.on('error', console.log); c.on('remoteSettings', () => { console.log('settings'); c.close() })`,
    expected: /^settings$/,
    destination: 50051,
  },
  'grpc-js': {
    script: `const g = require('@grpc/grpc-js'); const c = new g.Client('web:50051', g.credentials.createInsecure()); const id = b => b; c.makeUnaryRequest('/echo.Echo/Say', id, id, Buffer.from('over grpc'), (e, v) => { console.log(e ? e.message : String(v)); c.close() })`,
    expected: /^over grpc$/,
    destination: 50051,
  },
  'a worker thread': {
    script: `new (require('worker_threads').Worker)("fetch('http://web/').then(r => r.text()).then(console.log)", { eval: true })`,
    expected: /^plain web/,
    destination: 80,
  },
  'a child process': {
    script: `require('child_process').execFile(process.execPath, ['-e', "fetch('http://web/').then(r => r.text()).then(console.log)"], (e, out) => console.log(out))`,
    expected: /^plain web/,
    destination: 80,
  },
}

const backendPorts = (prefix: string): Record<string, number> => ({
  [`${prefix}.128.7:80`]: ports.plain,
  [`${prefix}.128.7:443`]: ports.secure,
  [`${prefix}.128.7:7`]: ports.echo,
  [`${prefix}.128.7:50051`]: ports.grpc,
})
const env = { CA: certificate, NODE_TLS_REJECT_UNAUTHORIZED: '0' }

describe('in an injected Pod', () => {
  let pod: FakePod
  beforeAll(async () => {
    const names = (prefix: string) => ({ names: { web: [`${prefix}.128.7`], 'web.shop': [`${prefix}.128.7`] } })
    pod = await createFakePod({
      preload: preload.path,
      isInjected: true,
      names,
      backends: backendPorts,
      portMap: { '8080': 0, '80': 23_456 },
    })
  })
  afterAll(() => pod.close())

  it.each(Object.entries(clients))('%s enters the sidecar with its original destination and the token', async (_name, client) => {
    const before = pod.captured.length
    expect(await pod.run(client.script, { module: client.module ?? false, env })).toMatch(client.expected)
    const captured = pod.captured.slice(before)
    expect(captured.length).toBeGreaterThan(0)
    for (const one of captured) {
      expect(one).toEqual({ destination: `${pod.prefix}.128.7:${client.destination}`, token, from: pod.environment['HEDDLE_APP_ADDRESS'] })
    }
  })

  it('captures an address outside the mesh, and a name that the machine resolves, after resolving it', async () => {
    const script = `const net = require('net'); const dns = require('dns');
      const done = e => console.log(e.code || 'closed');
      net.connect({ host: '192.0.2.7', port: 9 }).on('error', done).on('close', () => {
        const lookup = (h, o, cb) => cb(null, [{ address: '2001:db8::1', family: 6 }, { address: '198.51.100.4', family: 4 }]);
        net.connect({ host: 'example.test', port: 99, lookup }).on('error', done).on('close', () => console.log('end')) })`
    const before = pod.captured.length
    await pod.run(script)
    expect(pod.captured.slice(before).map((one) => one.destination)).toEqual(['192.0.2.7:9', '198.51.100.4:99'])
  })

  it('moves listens of every kind to the app address and loopback connects with them', async () => {
    const script = `const net = require('net'), once = require('events').once;
      const app = process.env.HEDDLE_APP_ADDRESS, ip = process.env.HEDDLE_POD_IP;
      const forms = [[], [0], [0, '0.0.0.0'], [0, '::'], [0, 'localhost'], [0, '127.0.0.1', 5], [0, ip], [{ port: 0 }], [{ port: 0, host: '::' }], [0, 5], [80]];
      (async () => { for (const form of forms) {
        const server = net.createServer(s => s.on('error', () => {})).listen(...form); await once(server, 'listening');
        const { address, port } = server.address();
        const client = net.connect(form[0] === 80 ? 80 : port); await once(client, 'connect');
        console.log(address === app, form[0] === 80 ? port : 0, client.remoteAddress === app); client.destroy(); server.close() } })()`
    const lines = (await pod.run(script)).split('\n')
    expect(lines).toEqual([...Array(10).fill('true 0 true'), 'true 23456 true'])
  })

  it('moves the listens of cluster children', async () => {
    const script = `const cluster = require('cluster'), http = require('http');
      if (cluster.isPrimary) { const w = cluster.fork(); w.on('message', ({ address, port }) => http.get('http://localhost:' + port, r => r.on('data', d => { console.log(address === process.env.HEDDLE_APP_ADDRESS, String(d)); w.kill(); process.exit() }))) }
      else { const s = http.createServer((q, r) => r.end('from the child')).listen(0, () => process.send(s.address())) }`
    const file = `require('fs').writeFileSync(process.env.HEDDLE_POD_ROOT + '/c.js', ${JSON.stringify(script)}); require('child_process').execFile(process.execPath, [process.env.HEDDLE_POD_ROOT + '/c.js'], (e, out) => console.log(e || out))`
    expect(await pod.run(file)).toBe('true from the child')
  })

  it('leaves paths alone and reaches the real loopback under host.heddle.internal', async () => {
    const script = `const net = require('net'), path = process.env.HEDDLE_POD_ROOT + '/s.sock';
      const server = net.createServer(s => s.end('unix')).listen(path, () => net.connect(path).on('data', d => { console.log(String(d)); server.close();
        fetch('http://host.heddle.internal:${ports.plain}/').then(r => r.text()).then(console.log) }))`
    expect(await pod.run(script)).toBe(`unix\nplain host.heddle.internal:${ports.plain} 127.0.0.1`)
  })

  it('resolves names of the mesh in both forms of lookup and refuses unknown cluster names at once', async () => {
    const script = `import { lookup, promises } from 'node:dns'; import { promisify } from 'node:util';
      console.log((await promises.lookup('web')).address, JSON.stringify(await promises.lookup('Web.', { all: true })), (await promisify(lookup)('web')).family);
      lookup('web', 6, e => { console.log(e.code); lookup('nobody.default.svc.cluster.local', e => { console.log(e.code); lookup('web', (e, a, f) => console.log(a, f)) }) })`
    const vip = `${pod.prefix}.128.7`
    expect(await pod.run(script, { module: true })).toBe(
      [`${vip} [{"address":"${vip}","family":4}] 4`, 'ENOTFOUND', 'ENOTFOUND', `${vip} 4`].join('\n'),
    )
  })
})

describe('in a Pod without a sidecar', () => {
  let pod: FakePod
  beforeAll(async () => {
    const direct = (prefix: string): Record<string, string[]> =>
      Object.fromEntries(Object.entries(backendPorts(prefix)).map(([vip, port]) => [vip, [`127.0.0.1:${port}`]]))
    const names = (prefix: string) => ({ names: { web: [`${prefix}.128.7`], 'web.shop': [`${prefix}.128.7`] }, direct: direct(prefix) })
    pod = await createFakePod({ preload: preload.path, isInjected: false, names, backends: () => ({}) })
  })
  afterAll(() => pod.close())

  it.each(Object.entries(clients))('%s dials a ready endpoint', async (_name, client) => {
    expect(await pod.run(client.script, { module: client.module ?? false, env })).toMatch(client.expected)
    expect(pod.captured).toEqual([])
  })

  it('comes from the Pod IP', async () => {
    expect(await pod.run(clients['fetch']!.script)).toBe(`plain web ${pod.environment['HEDDLE_POD_IP']}`)
  })

  it('is refused on a port of a virtual IP that no Service declares', async () => {
    expect(await pod.run(`require('net').connect(81, 'web').on('error', e => console.log(e.code))`)).toBe('ECONNREFUSED')
  })
})

describe('outside a Pod', () => {
  it('changes nothing', async () => {
    const script = `const net = require('net'), tls = require('tls'), dns = require('dns');
      console.log([net.Socket.prototype.connect, tls.connect, dns.lookup, dns.promises.lookup, net.Server.prototype.listen].map(f => f.length + f.name).join())`
    const environment = { ...process.env }
    delete environment['HEDDLE_POD_ROOT']
    const bare = await runNode(script, false, environment)
    expect(await runNode(script, false, { ...environment, NODE_OPTIONS: `--require ${preload.path}` })).toBe(bare)
  })
})
