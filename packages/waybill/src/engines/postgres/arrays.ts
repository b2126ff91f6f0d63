// Arrays as the server reads them, written faster than the driver writes them: these are on the path of every job.

/** `{1,2,3}` */
export function numbers(values: number[]): string {
  return `{${values.join(',')}}`
}

/** `{"a","b",NULL}` */
export function texts(values: (string | null)[]): string {
  let all = ''
  for (const value of values) all += all === '' ? element(value) : `,${element(value)}`
  return `{${all}}`
}

function element(value: string | null): string {
  if (value === null) return 'NULL'
  return value.includes('"') || value.includes('\\') ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
}

/** JSON texts a line each, nothing to escape: compact JSON holds no line break. Null is an empty line. */
export function lines(values: (string | null)[]): string {
  return values.join('\n')
}
