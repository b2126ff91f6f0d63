import { drain } from './drain.ts'
import { line } from './figures.ts'
for (const f of await drain.run('full')) console.log(line(f))
