/** JSONPath templates against what kubectl prints for the same objects, where it is installed. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileJsonPath } from '../../src/output/json-path.js'
import { deployment, type Platform, pod, service, startPlatform, types } from '../cli.fixture.js'

const value = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'a', labels: { app: 'x', 'app.kubernetes.io/name': 'dotted' } },
      ports: [80, 81, 82, 83],
      ready: true,
      note: '<&>',
    },
    { metadata: { name: 'b' }, ports: [90], ready: false, conditions: [{ type: 'Ready', status: 'True' }] },
  ],
}

describe('a template', () => {
  it.each([
    ['text only', 'text only'],
    ['{.kind}', 'List'],
    ['{$.kind} {@.kind} {.kind}', 'List List List'],
    ['{["kind"]} {[\'kind\']}', 'List List'],
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[0].ports[1:3]}', '81 82'],
    ['{.items[0].ports[:2]}', '80 81'],
    ['{.items[0].ports[-1]}', '83'],
    ['{.items[0].ports[-2:]}', '82 83'],
    ['{.items[0].ports[0:4:2]}', '80 82'],
    ['{.items[0].ports[0,2]}', '80 82'],
    ['{.items[0].ports}', '[80,81,82,83]'],
    ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'dotted'],
    ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", 'dotted'],
    ["{.items[*]['metadata.name','ready']}", 'a b true false'],
    ['{..name}', 'a b'],
    ['{.items[?(@.metadata.name=="b")].ports[0]}', '90'],
    ["{.items[?(@.ready==true)].metadata.name}{'\\n'}", 'a\n'],
    ['{.items[?(@.conditions)].metadata.name}', 'b'],
    ['{.items[1].conditions[?(@.type=="Ready")].status}', 'True'],
    ['{.items[?(@.ports[0]>85)].metadata.name}', 'b'],
    ['{.items[?(@.metadata.name!="b")].metadata.name}', 'a'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{range .ports[*]}{@};{end}{"\\n"}{end}', 'a\t80;81;82;83;\nb\t90;\n'],
    ['{.nothing} {.items[*].nothing.more}|', ' |'],
    ['{.items[0].note} {.items[1].conditions}', '<&> [{"status":"True","type":"Ready"}]'],
    ["{'a } brace'}", 'a } brace'],
  ])('%s', (template, expected) => {
    expect(compileJsonPath(template).render(value)).toBe(expected)
  })

  it.each([
    ['{.items[7].metadata}', 'array index out of bounds: index 7, length 2'],
    ['{.kind', '"}" is missing'],
    ['{range .items[*]}', '{range} without {end}'],
    ['{end}', '{end} without {range}'],
    ['{kind}', 'unrecognized identifier kind'],
    ['{.items[x]}', 'invalid array index x'],
    ['{.items[?(@.ports[*]==80)]}', 'can only compare one element at a time'],
  ])('%s is refused', (template, message) => {
    expect(() => compileJsonPath(template).render(value)).toThrow(message)
  })
})

const hasKubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0

describe.skipIf(!hasKubectl)('beside kubectl (skipped when it is not installed)', () => {
  let mesh: Platform
  beforeAll(async () => {
    mesh = await startPlatform()
    for (const name of ['web-1', 'web-2']) await mesh.client.create(types.pods, pod(name, { app: 'web', 'a.b/c': 'x' }))
    await mesh.client.create(types.deployments, deployment('web', 0))
    await mesh.cliWith({ input: service('web') }, 'apply', '-f', '-')
  })
  afterAll(() => mesh?.close())

  const kubectl = (...args: readonly string[]): Promise<{ code: number; stdout: string }> => {
    const all = ['--kubeconfig', join(mesh.stateDir, 'kubeconfig'), '--cache-dir', join(mesh.stateDir, 'cache'), ...args]
    return new Promise((resolve) => {
      execFile('kubectl', all, (error, stdout) => resolve({ code: error ? 1 : 0, stdout }))
    })
  }

  it.each([
    ['pods', 'jsonpath={.items[*].metadata.name}'],
    ['pods', 'jsonpath={.items[0].metadata.labels}'],
    ['pods', 'jsonpath={.items[0].metadata.labels.a\\.b/c}'],
    ['pods', 'jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.spec.containers[0].image}{"\\n"}{end}'],
    ['pods', 'jsonpath={range .items[?(@.metadata.name=="web-2")]}{@.metadata.name}={.spec.containers[*].name};{end}'],
    ['pods', 'jsonpath={.items[-1:].metadata.name}'],
    ['pods', 'jsonpath={..image}'],
    ['pods', 'jsonpath={.items[*].status.podIP}'],
    ['pods', "jsonpath={.items[*]['metadata.name', 'kind']}"],
    ['pods', "jsonpath={.items[0]['apiVersion','kind']}"],
    ['pods', 'jsonpath={.items[5].metadata.name}'],
    ['pods', 'jsonpath=.items[0].metadata.name'],
    ['pods', 'jsonpath-as-json={.items[*].metadata.name}'],
    ['pods', 'custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image,IP:.status.podIP'],
    ['pods', 'custom-columns=NAME:metadata.name,LABELS:{.metadata.labels}'],
    ['svc/web', 'jsonpath={.spec.ports[0].port} {.spec.ports[?(@.name=="http")].targetPort}'],
    ['svc/web', 'jsonpath={.spec.ports}'],
    ['deploy/web', 'jsonpath={.spec.replicas} {.spec.paused} {.spec.selector.matchLabels.app}'],
    ['deploy/web', 'jsonpath={.metadata.name}{"\\n"}'],
    ['deploy/web', 'jsonpath={.spec.template.spec.containers[?(@.name=="app")].ports[*].containerPort}'],
  ])('get %s -o %s', async (what, format) => {
    const [ours, theirs] = await Promise.all([mesh.cli('get', what, '-o', format), kubectl('get', what, '-o', format)])
    expect({ code: ours.code, stdout: ours.stdout }).toEqual(theirs)
  })
})
