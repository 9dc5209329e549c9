/** The texts that a route configuration puts into messages, made fit for the wire when it is compiled. */
import type { HeaderMutations, Route, RouteConfiguration, WeightedCluster } from '@heddle/routing'
import { wireText } from '../message/wire-text.js'

/** @returns the same object when every text is fit as it is, which is nearly always. @throws HEDDLE_PROXY_WIRE_TEXT */
export function withWireTexts(configuration: RouteConfiguration): RouteConfiguration {
  const virtualHosts = configuration.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(routeOf) }))
  const isChanged = virtualHosts.some(({ routes }, at) =>
    routes.some((route, index) => route !== configuration.virtualHosts[at]?.routes[index]),
  )
  return isChanged ? { ...configuration, virtualHosts } : configuration
}

function routeOf(route: Route): Route {
  const action = actionOf(route.action)
  const headers = route.headers && mutationsOf(route.headers)
  if (action === route.action && headers === route.headers) return route
  return { ...route, action, ...(headers ? { headers } : {}) }
}

function actionOf(action: Route['action']): Route['action'] {
  if (action.kind === 'direct-response') return action
  const texts = fit(action, ['prefixRewrite', 'hostRewriteLiteral', 'schemeRedirect', 'hostRedirect', 'pathRedirect'])
  const regexRewrite = texts.regexRewrite && fit(texts.regexRewrite, ['substitution'])
  const rewritten = regexRewrite === texts.regexRewrite ? texts : { ...texts, ...(regexRewrite ? { regexRewrite } : {}) }
  if (rewritten.kind !== 'route' || rewritten.target.kind !== 'weighted-clusters') return rewritten
  const clusters = rewritten.target.clusters.map(clusterOf)
  const { target } = rewritten
  return clusters.every((cluster, at) => cluster === target.clusters[at]) ? rewritten : { ...rewritten, target: { ...target, clusters } }
}

function clusterOf(cluster: WeightedCluster): WeightedCluster {
  const texts = fit(cluster, ['hostRewriteLiteral'])
  const headers = texts.headers && mutationsOf(texts.headers)
  return headers === texts.headers ? texts : { ...texts, ...(headers ? { headers } : {}) }
}

function mutationsOf(mutations: HeaderMutations): HeaderMutations {
  const { requestAdd, responseAdd } = mutations
  const request = requestAdd?.map((option) => fit(option, ['key', 'value']))
  const response = responseAdd?.map((option) => fit(option, ['key', 'value']))
  const isSame = (now: readonly unknown[] | undefined, before: readonly unknown[] | undefined): boolean =>
    now === undefined || now.every((option, at) => option === before?.[at])
  if (isSame(request, requestAdd) && isSame(response, responseAdd)) return mutations
  return { ...mutations, ...(request ? { requestAdd: request } : {}), ...(response ? { responseAdd: response } : {}) }
}

/** The object with these members fit; itself when they are. */
function fit<T extends object>(object: T, members: readonly string[]): T {
  let fitted = object
  for (const [name, text] of Object.entries(object)) {
    if (typeof text !== 'string' || !members.includes(name)) continue
    const wire = wireText(text)
    if (wire !== text) fitted = { ...fitted, [name]: wire }
  }
  return fitted
}
