// What a TypeScript file imports: static, re-exported and dynamic, by a real parser rather than by pattern.
import { type EcmaScriptModule, parseSync } from 'oxc-parser'

export interface Import {
  /** The text between the quotes. */
  from: string
  /** Names taken from it; empty for `import()` and for side effects. */
  names: string[]
  /** Nothing of it is left when the types are stripped. */
  typeOnly: boolean
  line: number
}

/** Throws when the file does not parse. */
export function importsOf(file: string, source: string): Import[] {
  const { module, errors } = parseSync(file, source)
  if (errors[0] !== undefined) throw new Error(`${file} does not parse: ${errors[0].message}`)
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length
  return [...staticImports(module, lineAt), ...reExports(module, lineAt), ...dynamicImports(module, source, lineAt)]
}

type LineAt = (offset: number) => number

function staticImports(module: EcmaScriptModule, lineAt: LineAt): Import[] {
  return module.staticImports.map(({ moduleRequest, entries, start }) => ({
    from: moduleRequest.value,
    names: entries.flatMap((entry) => entry.importName.name ?? []),
    typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    line: lineAt(start),
  }))
}

function reExports(module: EcmaScriptModule, lineAt: LineAt): Import[] {
  return module.staticExports.flatMap(({ entries, start }) =>
    entries.flatMap(({ moduleRequest, importName, isType }) =>
      moduleRequest === null
        ? []
        : [
            {
              from: moduleRequest.value,
              names: importName.name === null ? [] : [importName.name],
              typeOnly: isType,
              line: lineAt(start),
            },
          ],
    ),
  )
}

function dynamicImports(module: EcmaScriptModule, source: string, lineAt: LineAt): Import[] {
  return module.dynamicImports.flatMap(({ moduleRequest, start }) => {
    const literal = /^(['"`])([^'"`$]+)\1$/.exec(source.slice(moduleRequest.start, moduleRequest.end))
    return literal?.[2] === undefined ? [] : [{ from: literal[2], names: [], typeOnly: false, line: lineAt(start) }]
  })
}
