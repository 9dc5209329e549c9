/** A call as curl makes it with `http_proxy` in a Pod. */
import { request } from 'node:http'
import type { FakePod } from './fake-pod.js'

export function callThrough(
  pod: FakePod,
  url: string,
  token: string = pod.token,
): Promise<{ readonly status: number; readonly body: string }> {
  const authorization = `Basic ${Buffer.from(`${token}:`).toString('base64')}`
  return new Promise((resolve, reject) => {
    const headers = { host: new URL(url).host, 'proxy-authorization': authorization }
    const outgoing = request({ host: pod.podIp, port: 15002, path: url, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
