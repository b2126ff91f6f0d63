// A large manual in HTML of the kind that grew over the years: deep headings, tables, code, entities, links across
// chapters, and markup that no validator would pass.

const ODD = [
  '<p>Unclosed <b>bold <i>and</b> crossed</i> &eacute;&nbsp;&mdash; &#x1F600; &unknown; 1 < 2 & 3 > 2',
  '<ul><li>one<ul><li>inner</ul><ol><li>stray list</ol>loose text<div>block</div></ul>',
  '<table border=1><caption>Values <b>here</b></caption><tr><th>Name<th>Value<tr><td colspan=2>wide<td rowspan="x">odd<tfoot><tr><td>sum</table>',
  '<table><tr><td><table><tr><td>nested<p>block</table></table>',
  '<span><div>block in a span<p>and a paragraph</div></span> tail text',
  '<dl><dd>a definition without term<dt>term<dd>its definition<div><dt>grouped<dd>yes</div><dt>last</dl>',
  '<font color=red>old</font> <center>centred<h5>heading in center</h5></center><blockquote>loose quote</blockquote>',
  '<figure><figcaption>Caption first</figcaption><pre>code &lt;here&gt;\n  indented</pre></figure>',
  '<a href="#"><a name=dup></a></a><p id=dup>first</p><p id="dup">second, same id</p><p id="1 odd id">odd</p>',
  '<details><summary>More</summary>hidden text</details><form><input value=x><button>Press</button> label</form>',
  '<p>Control \u0001 character, \ufffe and a soft\u00adhyphen</p><hr><address>Someone</address><menu><li>m</menu>',
  '<h4><div>Block</div> in <a href="https://example.org/a b|c?q={x}">heading</a></h4><img src="http://example.org/x.png" alt="far away">',
  '<li>an item without a list</li><td>a cell without a table</td><p><ruby>漢<rt>kan</rt></ruby> <wbr>x<sup>2</sup>',
  '<a href="mailto:someone@example.org">mail</a> <a href="other.html#x">elsewhere</a> <a href="#nowhere">nowhere</a>',
  '<!-- comment -- with dashes --><![CDATA[ text ]]><?php echo 1 ?><x-widget data-a="1">custom</x-widget>',
]

export function makeManualHtml(chapters = 40): string {
  const parts = [
    '<!DOCTYPE html><html lang="en-GB"><head><meta charset=utf-8><title>Plant &amp; Process Manual</title></head><body><h1>Plant &amp; Process Manual</h1>',
  ]
  for (let chapter = 1; chapter <= chapters; chapter++) parts.push(makeChapter(chapter, chapters))
  return parts.join('\n')
}

function makeChapter(chapter: number, chapters: number): string {
  const next = (chapter % chapters) + 1
  const sections = Array.from({ length: 12 }, (_, index) => makeSection(chapter, index + 1))
  return `<section id="c${chapter}"><h2>Chapter ${chapter}: Plant</h2><p>Goes on in <a href="#c${next}">chapter ${next}</a>, see <a href="#s${next}.3">its third section</a>.</p>${sections.join('\n')}</section>`
}

function makeSection(chapter: number, section: number): string {
  const deeper = section % 3 === 0 ? '<h5>Skipped a level</h5>' : '<h4>Detail</h4>'
  const prose = `<p>Section ${section} of chapter ${chapter}. ${'A gauge that nobody reads is an ornament. '.repeat(45)}</p>`
  const code = `<pre><code>if (level &lt; ${section}) {\n  open(valve[${chapter}])\n}</code></pre>`
  return `<h3 id="s${chapter}.${section}">Section ${section}</h3>${prose}${ODD[(chapter + section) % ODD.length]}${deeper}${code}<ol start="${section}"><li><p>para</p><ul><li>deep<ol><li>deeper</li></ol></li></ul></li></ol>`
}
