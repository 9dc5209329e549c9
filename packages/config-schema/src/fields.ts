/** The fields of every kind, as data and in words (`@heddle/config-schema/fields`): what editors and pages are made from. */
export { fieldAt, type PlacedField } from './fields/field-at.js'
export { fieldMarkdown, kindMarkdown, titledMarkdown, typeWords } from './fields/field-markdown.js'
export { kindType } from './kinds/kind-type.js'
export type {
  CelRule,
  Field,
  FieldType,
  ListType,
  MapType,
  NumericType,
  ObjectType,
  OneOf,
  OtherType,
  StringType,
} from './model/field-model.js'
export { formatProblem, type StringFormat } from './model/string-format.js'
