/** The numbers of the Language Server Protocol (3.17) that are spoken here, by name; the library's own tables do not load in browsers. */
export const severityNumber = { error: 1, warning: 2, info: 3 } as const
export const diagnosticTag = { unnecessary: 1, deprecated: 2 } as const
export const completionKind = { field: 5, value: 12, reference: 18, enumMember: 20, struct: 22 } as const
export const completionTag = { deprecated: 1 } as const
export const insertTextFormat = { plainText: 1, snippet: 2 } as const
export const insertTextMode = { asIs: 1 } as const
