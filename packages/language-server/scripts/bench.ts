/**
 * Measures what a keystroke costs: a change in a file of about 200 lines until all diagnostics are known again, alone and beside other
 * resources, and one completion. CPU time of this process, so that a busy machine does not show; printed, never a test.
 * Usage: node --conditions=@heddle/source --import tsx packages/language-server/scripts/bench.ts
 */
import { createLanguageService } from '@heddle/language-server'

const doc = (i: number) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: route-${i}
spec:
  hosts: [svc-${i}]
  http:
  - match:
    - uri: {prefix: /api}
      headers:
        end-user: {exact: jason}
    route:
    - destination:
        host: svc-${i}
        subset: v2
    timeout: 5s
    retries: {attempts: 3, perTryTimeout: 2s, retryOn: 5xx}
  - route:
    - destination:
        host: svc-${i}
        subset: v1
      weight: 90
    - destination:
        host: svc-${i}
        subset: v2
      weight: 10
---
apiVersion: v1
kind: Service
metadata: {name: svc-${i}}
spec:
  selector: {app: svc-${i}}
  ports: [{port: 80, name: http}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: svc-${i}}
spec:
  host: svc-${i}
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
---
`

const rounds = 200

/** Milliseconds of CPU time, the median of many. */
function measure(run: (round: number) => void): number {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    run(round)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return times.sort((a, b) => a - b)[rounds / 2] ?? 0
}

for (const others of [0, 50, 100, 200]) {
  const service = createLanguageService()
  for (let index = 0; index < others; index++) service.set(`file:///other-${index}.yaml`, doc(index + 100))
  let text = ''
  for (let index = 0; text.split('\n').length < 200; index++) text += doc(index)
  const changed = (round: number): string => text.replace('timeout: 5s', `timeout: ${round + 6}s`)
  service.set('file:///a.yaml', text)
  service.diagnostics()
  const check = measure((round) => {
    service.set('file:///a.yaml', changed(round))
    service.diagnostics()
  })
  const complete = measure((round) => {
    service.set('file:///a.yaml', changed(round + rounds))
    service.complete('file:///a.yaml', { line: 13, character: 18 })
  })
  const beside = `${others * 3} other resources`.padStart(20)
  process.stdout.write(`${text.split('\n').length} lines, ${beside}: check ${check.toFixed(1)} ms, completion ${complete.toFixed(1)} ms\n`)
}
