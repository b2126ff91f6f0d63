// The style sheet of the book: little, so that a reader's own settings win.

export const STYLE = `body { margin: 0 5%; line-height: 1.5; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; page-break-after: avoid; }
pre { white-space: pre-wrap; font-size: 0.85em; padding: 0.6em; border: 1px solid #bbbbbb; }
code, kbd, samp { font-family: monospace; }
blockquote { margin: 1em 0 1em 1.5em; font-style: italic; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #999999; padding: 0.3em 0.6em; text-align: left; vertical-align: top; }
img { max-width: 100%; height: auto; }
figure { margin: 1em 0; text-align: center; }
figcaption { font-size: 0.85em; }
nav ol { list-style-type: none; padding-left: 1em; }
.cover { text-align: center; margin: 0; }
.cover img { max-height: 100%; }
`
