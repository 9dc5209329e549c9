/** security.istio.io AuthorizationPolicy: who may do what. One schema for all served versions. */
import { described, describedWords, list, object, required, shortText, text, type ObjectType } from '../model/field-type.js'
import { targetChoice, targets } from './shared.js'

const words = (doc: string) => described(list(text()), doc)
const accounts = (doc: string) => described(list(shortText(320), { maxItems: 16 }), doc)

const source = object(
  'AuthorizationSource',
  {
    principals: words('Identities of peers, TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT; needs mutual TLS.'),
    notPrincipals: words('None of these peers.'),
    requestPrincipals: words('ISSUER/SUBJECT of the checked token.'),
    notRequestPrincipals: words('None of these tokens.'),
    namespaces: words('Namespaces of peers; needs mutual TLS.'),
    notNamespaces: words('None of these namespaces.'),
    serviceAccounts: accounts('Accounts of peers, NAMESPACE/ACCOUNT, or ACCOUNT of the own namespace.'),
    notServiceAccounts: accounts('None of these accounts.'),
    trustDomains: words('Trust domains of peers.'),
    notTrustDomains: words('None of these trust domains.'),
    ipBlocks: described(list(text('subnet')), 'Addresses or ranges of the connection.'),
    notIpBlocks: described(list(text('subnet')), 'None of these ranges.'),
    remoteIpBlocks: described(list(text('subnet')), 'Addresses of the client, from X-Forwarded-For or PROXY protocol.'),
    notRemoteIpBlocks: described(list(text('subnet')), 'None of these ranges.'),
  },
  {
    cel: [
      {
        rule: '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) && !has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
        message: 'Cannot set serviceAccounts with namespaces or principals',
      },
    ],
    doc: 'Where a request comes from; all fields that are set must hold.',
  },
)

const operation = object(
  'AuthorizationOperation',
  {
    hosts: words('Host names of requests.'),
    notHosts: words('None of these hosts.'),
    ports: words('Ports, in quotes.'),
    notPorts: words('None of these ports.'),
    methods: words('HTTP methods; gRPC is always POST.'),
    notMethods: words('None of these methods.'),
    paths: words('Paths: exact, prefix*, *suffix, * or a template with {*} and {**}.'),
    notPaths: words('None of these paths.'),
  },
  { doc: 'What a request does; all fields that are set must hold.' },
)

const condition = object('AuthorizationCondition', {
  key: required(text(), 'An attribute such as request.headers[x-user] or source.ip.'),
  values: words('One of them must match.'),
  notValues: words('None of them may match.'),
})

const rule = object(
  'AuthorizationRule',
  {
    from: described(list(object('AuthorizationFrom', { source }), { maxItems: 512 }), 'Any one of them is enough.'),
    to: described(list(object('AuthorizationTo', { operation })), 'Any one of them is enough.'),
    when: described(list(condition), 'All of them must hold.'),
  },
  { doc: 'Matches when from, to and when do; an empty rule matches everything.' },
)

export const authorizationPolicySpec: ObjectType = object(
  'AuthorizationPolicySpec',
  {
    ...targets,
    rules: described(list(rule, { maxItems: 512 }), 'Any one of them is enough; without rules nothing matches.'),
    action: {
      type: describedWords({
        ALLOW: 'What matches gets in, and what matches no ALLOW rule does not.',
        DENY: 'What matches does not get in; asked before ALLOW.',
        AUDIT: 'What matches is marked for audit; nothing is decided.',
        CUSTOM: 'An authorizer of the mesh settings decides; asked first.',
      }),
      default: 'ALLOW',
      doc: 'CUSTOM and DENY are asked first; once there is one ALLOW policy, what none of them allows is refused.',
    },
    provider: object('ExtensionProvider', { name: described(text(), 'An extension provider of the mesh configuration.') }),
  },
  {
    oneOf: [targetChoice],
    cel: [
      {
        rule: "((has(self.action) ? self.action : 'ALLOW') in ['DENY', 'CUSTOM']) ? (has(self.rules) && size(self.rules) > 0) : true",
        message: 'DENY and CUSTOM need rules',
      },
      {
        rule: "((has(self.action) ? self.action : 'ALLOW') == 'CUSTOM') == has(self.provider)",
        message: 'a provider is for CUSTOM, and CUSTOM needs one',
      },
    ],
    doc: 'Who may do what with a workload.',
  },
)
