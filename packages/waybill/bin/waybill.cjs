#!/usr/bin/env node
// The `waybill` command. Old syntax on purpose: any Node from 12 on can read this file, and one that is too old is
// told so in one line before anything modern is loaded. `#cli` is mapped in package.json.
'use strict'
var parts = process.versions.node.split('.').map(Number)
var major = parts[0]
var supported = major >= 26 || (major === 24 && parts[1] >= 15)

if (supported) {
  import('#cli').then(
    function (cli) {
      return cli.main(process.argv.slice(2))
    },
    function (error) {
      process.stderr.write('waybill: cannot start: ' + (error.stack || error) + '\n')
      process.exitCode = 1
    },
  )
} else {
  process.stderr.write(
    'waybill: Node ' + process.versions.node + ' is not supported; use 24.15 or newer of 24, or 26 and newer.\n',
  )
  process.exitCode = 1
}
