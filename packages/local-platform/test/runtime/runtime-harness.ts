/** A runtime over the API in memory, with programs written into a temporary folder and an image map that names them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@heddle/client'
import { createRuntime, type Runtime } from '../../src/runtime/runtime.js'
import { createMemoryApi, type MemoryApi } from './memory-api.js'
import { podType } from '../../src/runtime/pod-type.js'

export interface RuntimeHarness {
  readonly api: MemoryApi
  readonly runtime: Runtime
  readonly directory: string
  readonly subnet: number
  /** Writes a program and gives the image that stands for it. */
  program(name: string, code: string): string
  /** Another runtime over the same state and API, as after a crash of the first. */
  restart(): Promise<Runtime>
  createPod(name: string, spec: object, metadata?: object): Promise<KubernetesObject>
  ready(name: string): Promise<KubernetesObject>
  close(): Promise<void>
}

let harnesses = 0

export async function createRuntimeHarness(options: { tokenLifeMs?: number; programs?: { proxy: string } } = {}): Promise<RuntimeHarness> {
  const directory = mkdtempSync(join(tmpdir(), 'heddle-runtime-'))
  const api = createMemoryApi(options.tokenLifeMs)
  const programs = join(directory, 'programs')
  mkdirSync(programs)
  const preload = join(programs, 'preload.cjs')
  writeFileSync(preload, '')
  const subnet = 16 + ((process.pid + harnesses++ * 7) % 200)
  const images = [{ image: 'test/*', command: ['sh', '-c', 'exit 97'] }]
  const create = (): Runtime =>
    createRuntime(
      {
        nodeName: 'local',
        stateDir: join(directory, 'state'),
        subnet,
        images: () => images,
        programs: {
          proxy: join(programs, 'proxy.js'),
          controlPlane: join(programs, 'istiod.js'),
          preload,
          standIns: programs,
          ...options.programs,
        },
      },
      { client: api.client },
    )
  let runtime = create()
  await runtime.start()
  const isReady = (pod: KubernetesObject): boolean => conditionsOf(pod).some((one) => one.type === 'Ready' && one.status === 'True')
  return {
    api,
    get runtime() {
      return runtime
    },
    directory,
    subnet,
    program(name, code) {
      const path = join(programs, `${name}.js`)
      writeFileSync(path, code)
      images.unshift({ image: `test/${name}`, command: [process.execPath, path] })
      return `test/${name}:1`
    },
    async restart() {
      runtime = create()
      await runtime.start()
      return runtime
    },
    createPod: (name, spec, metadata = {}) =>
      api.client.create(podType, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, ...metadata },
        spec: { nodeName: 'local', terminationGracePeriodSeconds: 2, ...spec },
      }),
    ready: (name) => api.until('pods', (pod) => pod.metadata.name === name && isReady(pod)),
    async close() {
      await runtime.close({ graceMs: 0 })
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export function conditionsOf(pod: KubernetesObject): readonly { type: string; status: string }[] {
  return (pod['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []
}

export interface SeenStatus {
  readonly name: string
  readonly ready: boolean
  readonly restartCount: number
  readonly state: {
    readonly waiting?: { reason: string; message?: string }
    readonly running?: object
    readonly terminated?: { exitCode: number; reason: string }
  }
  readonly lastState: { readonly terminated?: { exitCode: number } }
}

export function statusesOf(pod: KubernetesObject, field = 'containerStatuses'): readonly SeenStatus[] {
  return ((pod['status'] as Record<string, unknown> | undefined)?.[field] ?? []) as SeenStatus[]
}

export function phaseOf(pod: KubernetesObject): string | undefined {
  return (pod['status'] as { phase?: string } | undefined)?.phase
}

export async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
