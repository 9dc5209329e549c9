import { describe, expect, it } from 'vitest'
import { applyJsonPatch } from '../../src/api/json-patch.js'

/** The examples of RFC 6902, appendix A, and their faults. */
describe('JSON patch', () => {
  it.each([
    ['adds a member', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { foo: 'bar', baz: 'qux' }],
    ['adds an element', { foo: ['bar', 'baz'] }, [{ op: 'add', path: '/foo/1', value: 'qux' }], { foo: ['bar', 'qux', 'baz'] }],
    ['appends an element', { foo: ['bar'] }, [{ op: 'add', path: '/foo/-', value: ['abc'] }], { foo: ['bar', ['abc']] }],
    ['removes a member', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
    ['removes an element', { foo: ['bar', 'qux', 'baz'] }, [{ op: 'remove', path: '/foo/1' }], { foo: ['bar', 'baz'] }],
    ['replaces a value', { baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
    ['moves a value', { a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    [
      'moves an element',
      { foo: ['all', 'cows', 'eat'] },
      [{ op: 'move', from: '/foo/0', path: '/foo/2' }],
      { foo: ['cows', 'eat', 'all'] },
    ],
    ['copies a value', { a: [1] }, [{ op: 'copy', from: '/a/0', path: '/b' }], { a: [1], b: 1 }],
    ['tests and goes on', { a: { b: [1] } }, [{ op: 'test', path: '/a', value: { b: [1] } }], { a: { b: [1] } }],
    [
      'unescapes pointers',
      { 'a/b': 1, '~c': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/~0c' },
      ],
      {},
    ],
  ])('%s', (_name, target, patch, result) => {
    const before = structuredClone(target)
    expect(applyJsonPatch(target, patch)).toEqual(result)
    expect(target).toEqual(before)
  })

  it.each([
    [[{ op: 'test', path: '/a', value: 2 }], 'testing value /a failed'],
    [[{ op: 'remove', path: '/b' }], 'nothing at "/b"'],
    [[{ op: 'replace', path: '/b/c', value: 1 }], 'nothing at "/b/c"'],
    [[{ op: 'add', path: '/l/3', value: 1 }], 'nothing at "/l/3"'],
    [[{ op: 'add', path: '/l/01', value: 1 }], 'nothing at "/l/01"'],
    [[{ op: 'remove', path: '/l/-' }], 'nothing at "/l/-"'],
    [[{ op: 'remove', path: '/toString' }], 'nothing at "/toString"'],
    [[{ op: 'move', from: '/l', path: '/l/0' }], 'cannot move into itself'],
    [[{ op: 'mend', path: '/a' }], 'no operation "mend"'],
    [[{ op: 'move', path: '/a' }], '"from"'],
    [[{ op: 'remove', path: 'a' }], 'no JSON pointer'],
    [{ op: 'remove', path: '/a' }, 'a list of operations'],
  ])('refuses %j', (patch, message) => {
    expect(() => applyJsonPatch({ a: 1, l: [1, 2] }, patch)).toThrow(message)
  })
})
