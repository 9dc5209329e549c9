import { describe, expect, it } from 'vitest'
import { builtInImages } from '../../src/runtime/built-in-images.js'
import { fillTemplates, findImage, imageHint } from '../../src/runtime/image-map.js'

const images = builtInImages({ proxy: '/p.js', controlPlane: '/i.js', standIns: '/s' })

describe('the image map', () => {
  it.each([
    ['haseebm/helloworld-kubernetes', '/s/helloworld.js'],
    ['docker.io/haseebm/helloworld-kubernetes:latest', '/s/helloworld.js'],
    ['registry.istio.io/release/examples-helloworld-v2:1.0', '/s/helloworld.js'],
    ['docker.io/mccutchen/go-httpbin:v2.15.0', '/s/httpbin.js'],
    ['docker.io/kennethreitz/httpbin', '/s/httpbin.js'],
    ['registry.istio.io/release/tcp-echo-server:1.3', '/s/tcp-echo.js'],
    ['docker.io/curlimages/curl:8.16.0', '/s/client.js'],
    ['curlimages/curl@sha256:aabb', '/s/client.js'],
    ['localhost:5000/istio/proxyv2:1.31', '/p.js'],
    ['docker.io/heddle/pilot:0.1.0', '/i.js'],
  ])('finds a program for %s', (image, program) => {
    expect(findImage(images, image)?.command.at(-1)).toBe(program)
  })

  it('does not take one image for another', () => {
    expect(findImage(images, 'example.com/haseebm/helloworld-kubernetes-2')).toBeUndefined()
    expect(findImage([{ image: 'a.b/c', command: [] }], 'axb/c')).toBeUndefined()
    expect(findImage([{ image: 'web:2', command: [] }], 'web:1')).toBeUndefined()
    expect(findImage([{ image: 'nginx', command: [] }], 'docker.io/library/nginx:1.27')).toBeDefined()
  })

  it('takes the first entry that covers the image, so that a user can replace a built-in one', () => {
    const own = { image: '*httpbin', command: ['my-httpbin'] }
    expect(findImage([own, ...images], 'docker.io/mccutchen/go-httpbin:v2.15.0')).toBe(own)
  })

  it('fills templates and leaves unknown ones', () => {
    const templates = { appAddress: '127.9.0.2', podIp: '127.9.0.1', port: 20_000, version: 'v2' }
    expect(fillTemplates('{{appAddress}}:{{ port }} {{version}} {{other}}', templates)).toBe('127.9.0.2:20000 v2 {{other}}')
    expect(fillTemplates('{{node}}', templates)).toBe(process.execPath)
  })

  it('hints at the lines to add', () => {
    const lines = imageHint('example.com:5000/web:1', '/home/me/mine.yaml').split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'no entry of the image map covers "example.com:5000/web:1"; add to /home/me/mine.yaml and start again:',
      'images:',
      '- image: example.com:5000/web',
    ])
    expect(imageHint('web', undefined).split('\n')[0]).toBe(
      'no entry of the image map covers "web"; write images.yaml with these lines and start again with `heddle up --images images.yaml`:',
    )
  })
})
