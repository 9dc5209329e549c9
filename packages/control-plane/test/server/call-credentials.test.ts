import { Metadata } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { credentialsOf } from '../../src/server/call-credentials.js'

function callWith(headers: Readonly<Record<string, readonly string[]>>): { readonly metadata: Metadata } {
  const metadata = new Metadata()
  for (const [name, values] of Object.entries(headers)) for (const value of values) metadata.add(name, value)
  return { metadata }
}

describe('the credentials of a call', () => {
  it('T15: are never taken from x-forwarded-client-cert, one or two of them', () => {
    const forged = 'By=spiffe://cluster.local/a;URI=spiffe://cluster.local/ns/istio-system/sa/istiod'
    expect(credentialsOf(callWith({ 'x-forwarded-client-cert': [forged] }))).toEqual({})
    expect(credentialsOf(callWith({ 'x-forwarded-client-cert': [forged, forged] }))).toEqual({})
  })

  it('are the first bearer token, and no other kind', () => {
    expect(credentialsOf(callWith({ authorization: ['Bearer one', 'Bearer two'] }))).toEqual({ token: 'one' })
    expect(credentialsOf(callWith({ authorization: ['Basic eA=='] }))).toEqual({})
    expect(credentialsOf(callWith({ authorization: ['Bearer a b'] }))).toEqual({})
  })
})
