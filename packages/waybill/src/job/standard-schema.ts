// Standard Schema (standardschema.dev, version 1): what Waybill asks of a user's schema library. Zod, Valibot, ArkType
// and others fit as they are.

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Verdict<Output> | Promise<Verdict<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** Present where the library can describe its schema as JSON Schema. */
    readonly jsonSchema?: { readonly input: ToJsonSchema; readonly output: ToJsonSchema }
  }
}

type ToJsonSchema = (options: { target: string }) => Record<string, unknown>

export type Verdict<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[] }

export interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Where an issue is, as a JSON Pointer. */
export function pointerOf({ path = [] }: Issue): string {
  const parts = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
