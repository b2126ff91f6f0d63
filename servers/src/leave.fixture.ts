// A process that starts servers and leaves them: prints each one's pid and directory, then ends as its argument says:
// by itself, with `exit` in the middle of things, or (`stay`) not at all.
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { redisUrl } from './shared.ts'

await redisUrl()
const servers = await Promise.all([startPostgres(), startRedis()])
process.stdout.write(`${JSON.stringify(servers.map(({ pid, dir }) => ({ pid, dir })))}\n`)
if (process.argv[2] === 'exit') process.exit(0)
if (process.argv[2] === 'stay') process.stdin.resume()
