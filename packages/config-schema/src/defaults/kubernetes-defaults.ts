/**
 * The defaults that Kubernetes' API server fills in and its published schemas leave out, by type. Values are facts of
 * Kubernetes 1.34; those that depend on the rest of the object are functions of it.
 */

type Fields = Readonly<Record<string, unknown>>

const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%' }
const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }

/** Values of absent fields, by type name. */
export const fixedDefaults: Readonly<Record<string, Fields>> = {
  PodSpec: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  },
  Container: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', resources: {} },
  EphemeralContainer: { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', resources: {} },
  Probe: probe,
  HTTPGetAction: { path: '/', scheme: 'HTTP' },
  GRPCAction: { service: '' },
  ObjectFieldSelector: { apiVersion: 'v1' },
  ConfigMapVolumeSource: { defaultMode: 420 },
  SecretVolumeSource: { defaultMode: 420 },
  ProjectedVolumeSource: { defaultMode: 420 },
  DownwardAPIVolumeSource: { defaultMode: 420 },
  ServiceAccountTokenProjection: { expirationSeconds: 3600 },
  HostPathVolumeSource: { type: '' },
  DeploymentSpec: {
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  },
  ReplicaSetSpec: { replicas: 1 },
  StatefulSetSpec: {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  },
  DaemonSetSpec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, revisionHistoryLimit: 10 },
  JobSpec: {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
  },
  CronJobSpec: { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
  ServiceSpec: { type: 'ClusterIP', sessionAffinity: 'None' },
  DiscoveryEndpointPort: { name: '', protocol: 'TCP' },
  EndpointPort: { protocol: 'TCP' },
  Secret: { type: 'Opaque' },
  PersistentVolumeClaimSpec: { volumeMode: 'Filesystem' },
  CustomResourceDefinitionSpec: { conversion: { strategy: 'None' } },
}

/** Values of absent fields that follow from the rest of the object, by type name. */
export const derivedDefaults: Readonly<Record<string, (value: Fields) => Fields>> = {
  Container: imagePullPolicy,
  EphemeralContainer: imagePullPolicy,
  Volume: (volume) => (Object.keys(volume).length === 1 ? { emptyDir: {} } : {}),
  ServicePort: ({ port }) => ({ targetPort: port }),
  ServiceSpec: servicePolicies,
  DeploymentStrategy: ({ type = 'RollingUpdate' }) => (type === 'RollingUpdate' ? { type, rollingUpdate } : {}),
  RollingUpdateDeployment: () => rollingUpdate,
  ReplicationControllerSpec: ({ template }) => ({
    selector: (template as { metadata?: { labels?: unknown } } | undefined)?.metadata?.labels,
  }),
  Namespace: () => ({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } }),
  ResourceRequirements: ({ limits }) => ({ requests: limits }),
  CustomResourceDefinitionNames: ({ kind }) => ({ singular: String(kind).toLowerCase(), listKind: `${String(kind)}List` }),
}

/** Without a tag, or with `latest`, the image may have changed behind its name. */
function imagePullPolicy({ image }: Fields): Fields {
  if (typeof image !== 'string') return {}
  const name = image.slice(image.lastIndexOf('/') + 1)
  const isFloating = !image.includes('@') && (!name.includes(':') || name.endsWith(':latest'))
  return { imagePullPolicy: isFloating ? 'Always' : 'IfNotPresent' }
}

function servicePolicies({ type, sessionAffinity }: Fields): Fields {
  if (type === 'ExternalName') return {}
  return {
    internalTrafficPolicy: 'Cluster',
    ...(type === 'NodePort' || type === 'LoadBalancer' ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
    ...(sessionAffinity === 'ClientIP' ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } } : {}),
  }
}
