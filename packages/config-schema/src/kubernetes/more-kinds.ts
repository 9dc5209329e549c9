/**
 * Kinds of Kubernetes that stand beside a mesh in manifests and that no part of this project runs: their fields, written by hand in
 * the grammar of the generated table.
 */

export const moreTypes: Readonly<Record<string, string>> = {
  Ingress: 'apiVersion string; kind string; metadata #ObjectMeta; spec #IngressSpec; status any',
  IngressSpec: 'defaultBackend #IngressBackend; ingressClassName string; rules []#IngressRule; tls []#IngressTLS',
  IngressBackend: 'resource #TypedLocalObjectReference; service #IngressServiceBackend',
  IngressServiceBackend: 'name! string; port #ServiceBackendPort',
  ServiceBackendPort: 'name string; number int32',
  IngressRule: 'host string; http #HTTPIngressRuleValue',
  HTTPIngressRuleValue: 'paths! []#HTTPIngressPath',
  HTTPIngressPath: 'backend! #IngressBackend; path string; pathType! string<Exact|ImplementationSpecific|Prefix>',
  IngressTLS: 'hosts []string; secretName string',
  IngressClass: 'apiVersion string; kind string; metadata #ObjectMeta; spec #IngressClassSpec',
  IngressClassSpec: 'controller string; parameters any',
  HorizontalPodAutoscaler: 'apiVersion string; kind string; metadata #ObjectMeta; spec #HorizontalPodAutoscalerSpec; status any',
  HorizontalPodAutoscalerSpec:
    'behavior any; maxReplicas! int32; metrics []#MetricSpec; minReplicas int32; scaleTargetRef! #CrossVersionObjectReference',
  CrossVersionObjectReference: 'apiVersion string; kind! string; name! string',
  MetricSpec: 'containerResource any; external any; object any; pods any; resource #ResourceMetricSource; type! string',
  ResourceMetricSource: 'name! string; target! #MetricTarget',
  MetricTarget: 'averageUtilization int32; averageValue quantity; type! string; value quantity',
  PodDisruptionBudget: 'apiVersion string; kind string; metadata #ObjectMeta; spec #PodDisruptionBudgetSpec; status any',
  PodDisruptionBudgetSpec:
    'maxUnavailable intOrString; minAvailable intOrString; selector #LabelSelector; unhealthyPodEvictionPolicy string<AlwaysAllow|IfHealthyBudget>',
  NetworkPolicy: 'apiVersion string; kind string; metadata #ObjectMeta; spec #NetworkPolicySpec',
  NetworkPolicySpec:
    'egress []#NetworkPolicyEgressRule; ingress []#NetworkPolicyIngressRule; podSelector #LabelSelector; policyTypes []string<Egress|Ingress>',
  NetworkPolicyEgressRule: 'ports []#NetworkPolicyPort; to []#NetworkPolicyPeer',
  NetworkPolicyIngressRule: 'from []#NetworkPolicyPeer; ports []#NetworkPolicyPort',
  NetworkPolicyPort: 'endPort int32; port intOrString; protocol string<SCTP|TCP|UDP>',
  NetworkPolicyPeer: 'ipBlock #IPBlock; namespaceSelector #LabelSelector; podSelector #LabelSelector',
  IPBlock: 'cidr! string; except []string',
}

export const moreKinds: Readonly<Record<string, string>> = {
  'networking.k8s.io/v1 Ingress': 'Ingress',
  'networking.k8s.io/v1 IngressClass': 'IngressClass',
  'networking.k8s.io/v1 NetworkPolicy': 'NetworkPolicy',
  'autoscaling/v2 HorizontalPodAutoscaler': 'HorizontalPodAutoscaler',
  'policy/v1 PodDisruptionBudget': 'PodDisruptionBudget',
}
