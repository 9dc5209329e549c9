/** Adds the schema to `.idea/jsonSchemas.xml`, in which JetBrains' editors keep what they map to files; what they wrote themselves stays. */
import type { SchemaMapping, SettingsChange } from './schema-mapping.js'

const component = '<component name="JsonSchemaMappingsProjectConfiguration">'
const own = /[ \t]*<entry key="Heddle">[^]*?<\/entry>\r?\n?/

const empty = `<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  ${component}
    <state>
      <map>
      </map>
    </state>
  </component>
</project>
`

/** @param text undefined when there is no file. */
export function changeJetbrainsSchemas(text: string | undefined, mapping: SchemaMapping): SettingsChange {
  const before = text === undefined || text.trim() === '' ? empty : text
  const reason = problemOf(before)
  if (reason !== undefined) return { kind: 'refused', reason }
  const entry = entryOf(mapping)
  const known = own.exec(before)?.[0]
  if (known !== undefined) {
    // Patterns that nobody chose now stay as somebody may have changed them.
    const wanted = mapping.isChosen ? entry : known.replace(schemaOption, () => schemaOptionOf(mapping))
    return known.replaceAll('\r\n', '\n') === wanted.replaceAll('\r\n', '\n')
      ? { kind: 'kept' }
      : { kind: 'changed', text: before.replace(own, () => wanted) }
  }
  const open = before.replace(/^([ \t]*)<map\s*\/>/m, '$1<map>\n$1</map>')
  return { kind: 'changed', text: open.replace(/^[ \t]*<\/map>/m, (end) => `${entry}${end}`) }
}

function problemOf(text: string): string | undefined {
  if (!isBalanced(text)) return 'its elements are not closed as they were opened'
  if (!text.includes(component) || !/<state>/.test(text)) return 'it has no list of schemas (JsonSchemaMappingsProjectConfiguration)'
  return (text.match(/^[ \t]*(?:<\/map>|<map\s*\/>)/gm) ?? []).length === 1 ? undefined : 'it has not exactly one list of schemas'
}

/** Whether every element is closed where it should be; no more of XML is needed to add one beside others. */
function isBalanced(text: string): boolean {
  const open: string[] = []
  for (const [, mark = '', name = '', rest = ''] of text.matchAll(/<(\/|\?|!)?([\w.-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/g)) {
    if (mark === '/') {
      if (open.pop() !== name) return false
    } else if (mark === '' && !rest.endsWith('/')) open.push(name)
  }
  return open.length === 0
}

function entryOf({ schema, files }: SchemaMapping): string {
  const items = files.map(
    (file) => `                  <Item>
                    <option name="path" value="${escaped(patternOf(file))}" />
                    <option name="mappingKind" value="Pattern" />
                  </Item>
`,
  )
  return `        <entry key="Heddle">
          <value>
            <SchemaInfo>
              <option name="name" value="Heddle" />
              ${schemaOptionOf({ schema })}
              <option name="schemaVersion" value="JSON Schema version 7" />
              <option name="patterns">
                <list>
${items.join('')}                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>
`
}

const schemaOption = /<option name="relativePathToSchema" value="[^"]*" ?\/>/

function schemaOptionOf({ schema }: Pick<SchemaMapping, 'schema'>): string {
  return `<option name="relativePathToSchema" value="${escaped(schema)}" />`
}

/** A star stands for folders, too, in the patterns of these editors. */
function patternOf(file: string): string {
  return file.replaceAll('/**/', '/')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
