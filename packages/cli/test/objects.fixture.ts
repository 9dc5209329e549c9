/** Objects that tests put into an API; free of the test runner, for processes beside it. */
import type { KubernetesObject, ResourceType } from '@heddle/client/resources'
import { configMaps, deployments, events, pods, services } from '../src/target/resource-types.js'

export const types: Readonly<Record<'configMaps' | 'deployments' | 'events' | 'nodes' | 'pods' | 'services', ResourceType>> = {
  configMaps,
  deployments,
  events,
  nodes: { group: '', version: 'v1', plural: 'nodes' },
  pods,
  services,
}

export function service(name: string, labels: Readonly<Record<string, string>> = { app: name }): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  labels: ${JSON.stringify(labels)}\nspec:\n  selector: {app: ${name}}\n  ports:\n  - {name: http, port: 80, targetPort: 8080}\n`
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    data,
  })
}

export function deployment(name: string, replicas = 1): KubernetesObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'example/app:1', ports: [{ containerPort: 8080 }] }] } },
    },
  }
}

export function pod(name: string, labels: Readonly<Record<string, string>> = { app: name }): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'app', image: 'example/app:1' }] },
  }
}
