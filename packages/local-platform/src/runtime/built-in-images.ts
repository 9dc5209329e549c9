/** The images that need no entry of the user: what our injector and profiles write, the article's, and Istio's samples as Node programs. */
import { join } from 'node:path'
import { standInsDirectory } from './default-programs.js'
import type { ImageEntry } from './image-map.js'

export interface Programs {
  /** Path of heddle-proxy's JavaScript. */
  readonly proxy: string
  /** Path of heddle-istiod's JavaScript. */
  readonly controlPlane: string
  /** Path of the preload. Default: the installed `@heddle/client/register`. */
  readonly preload?: string
  /** Folder of the stand-ins for sample images. Default: this package's own. */
  readonly standIns?: string
}

/** A proxy's objects live for one request: a small young generation saves about 16 MB under load, at no cost in CPU. */
const proxyFlags: readonly string[] = ['--max-semi-space-size=4']

export function builtInImages(programs: Programs): readonly ImageEntry[] {
  const standIns = programs.standIns ?? standInsDirectory()
  const standIn = (name: string): readonly string[] => [process.execPath, join(standIns, `${name}.js`)]
  const proxy = { command: [process.execPath, ...proxyFlags, programs.proxy], role: 'proxy' } as const
  const controlPlane = { command: [process.execPath, programs.controlPlane], role: 'control-plane' } as const
  return [
    { image: '*/proxyv2', ...proxy },
    { image: '*heddle-proxy', ...proxy },
    { image: 'auto', ...proxy },
    { image: '*/pilot', ...controlPlane },
    { image: '*istiod', ...controlPlane },
    { image: 'haseebm/helloworld-kubernetes', command: standIn('helloworld'), environment: { APP_VERSION: '{{version}}' } },
    { image: '*/examples-helloworld-v1', command: standIn('helloworld'), environment: { APP_VERSION: 'v1', SERVICE_PORT: '5000' } },
    { image: '*/examples-helloworld-v2', command: standIn('helloworld'), environment: { APP_VERSION: 'v2', SERVICE_PORT: '5000' } },
    { image: '*httpbin', command: standIn('httpbin') },
    { image: '*tcp-echo-server', command: standIn('tcp-echo') },
    { image: 'curlimages/curl', command: standIn('client') },
    { image: '*/curl', command: standIn('client') },
    { image: '*/sleep', command: standIn('client') },
  ]
}

/** istio-init and its kin set up packet redirection, which the local platform does by other means. */
export function isTrafficSetup(container: { readonly name: string; readonly args?: readonly string[] }): boolean {
  return container.name === 'istio-init' || container.name === 'istio-validation' || container.args?.[0] === 'istio-iptables'
}
