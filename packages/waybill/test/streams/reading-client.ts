// A program: opens one stream for each address it is given, reads all of them, and says how many have begun.
import { get } from 'node:http'

let begun = 0
for (const url of process.argv.slice(2)) {
  const request = get(url, { agent: false, headers: { authorization: 'Bearer operator' } }, (response) => {
    response.once('data', () => process.stdout.write(`${++begun}\n`))
    response.resume().on('error', () => {}) // it hears when the server lets go
  })
  request.on('error', () => {})
}
process.stdin.resume().once('end', () => process.exit()) // never outlives the test
