// Run first by `npm test`: everything here needs the Node that the lock file brings. Plain JavaScript, so that an
// older host Node can read it and say so.
const [major, minor] = process.versions.node.split('.').map(Number)
const supported = major >= 26 || (major === 24 && minor >= 15)

if (!supported) {
  console.error(
    `Waybill needs Node 24.15 or newer of 24, or 26 and newer; this is ${process.versions.node} (${process.execPath}).\n` +
      'The workspace brings its own Node 26: run `npm ci` (without --omit=optional), then start scripts with `npm run`.',
  )
  process.exitCode = 1
}
