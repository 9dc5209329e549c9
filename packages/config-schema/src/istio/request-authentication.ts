/** security.istio.io RequestAuthentication: which JSON Web Tokens of requests are checked. One schema for all served versions. */
import { described, describedWords, duration, flag, list, object, required, shortText, text, type ObjectType } from '../model/field-type.js'
import { targetChoice, targets } from './shared.js'

const jwksUri = text(undefined, { maxLength: 2048 })

const jwtRule = object(
  'JWTRule',
  {
    issuer: described(shortText(2048), 'The iss claim of accepted tokens.'),
    audiences: described(list(shortText(2048)), 'One of them must be in the aud claim; absent accepts any.'),
    jwksUri: described(jwksUri, 'Where the public keys are; absent means OpenID discovery at the issuer.'),
    jwks_uri: { type: jwksUri, deprecated: 'jwksUri' },
    jwks: described(text(), 'The public keys themselves, as a JSON Web Key Set.'),
    fromHeaders: described(
      list(object('JWTHeader', { name: required(shortText(65_536)), prefix: text() })),
      'Headers that may hold the token; absent means Authorization: Bearer.',
    ),
    fromParams: described(list(shortText(65_536)), 'Query parameters that may hold the token.'),
    fromCookies: described(list(shortText(65_536)), 'Cookies that may hold the token.'),
    outputPayloadToHeader: described(text(), 'Header that hands the checked payload to the application, as base64url.'),
    forwardOriginalToken: described(flag, 'Keeps the token in the request.'),
    outputClaimToHeaders: described(
      list(
        object('ClaimToHeader', {
          header: required(shortText(256, 'jwt-header')),
          claim: required(shortText(65_536)),
        }),
      ),
      'Copies claims to headers.',
    ),
    timeout: { type: duration, default: '5s', doc: 'For fetching the keys.' },
    spaceDelimitedClaims: described(list(shortText(65_536)), 'Claims whose text is a list of words, besides scope.'),
    presence: {
      type: describedWords({
        OPTIONAL: 'A request without a token gets in; a bad token does not.',
        REQUIRED: 'A request without a valid token is refused.',
      }),
      default: 'OPTIONAL',
      doc: 'Whether a request must carry a token.',
    },
  },
  {
    oneOf: [{ fields: ['jwksUri', 'jwks_uri', 'jwks'] }],
    doc: 'One issuer of tokens; a request with a bad token is refused, one without a token passes.',
  },
)

export const requestAuthenticationSpec: ObjectType = object(
  'RequestAuthenticationSpec',
  { ...targets, jwtRules: described(list(jwtRule, { maxItems: 4096 }), 'The issuers whose tokens are accepted.') },
  { oneOf: [targetChoice], doc: 'Which tokens of requests are checked; it refuses bad ones and demands none.' },
)
