// The allow-list. What is not named here loses its tag and keeps its text; what is in DROPPED goes with all it holds.

/** No reader needs these, and some of them act. */
export const DROPPED: ReadonlySet<string> = new Set(
  (
    'script style template noscript iframe frame frameset object embed applet svg math canvas audio video source track ' +
    'input select textarea option datalist progress meter dialog head link meta base title map area'
  ).split(' '),
)

/** Kept as they are, inside running text. */
export const INLINE: ReadonlySet<string> = new Set(
  'a em strong i b u s sub sup code kbd samp var span br img abbr cite q small mark del ins dfn'.split(' '),
)

/** Blocks that hold running text alone. */
export const TEXT_BLOCKS: ReadonlySet<string> = new Set('p h1 h2 h3 h4 h5 h6 pre'.split(' '))

/** Blocks that hold other blocks and mean something by it. */
const CONTAINERS: ReadonlySet<string> = new Set('blockquote ul ol dl table figure'.split(' '))

/** Old or rare words for tags above. */
const RENAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    tt: 'code',
    strike: 's',
    acronym: 'abbr',
    dir: 'ul',
    menu: 'ul',
    xmp: 'pre',
    listing: 'pre',
    plaintext: 'pre',
    summary: 'p',
    legend: 'p',
    address: 'p',
    image: 'img',
  }),
)

/** Tags that begin a new block but are not worth keeping: their content moves up. */
export const TRANSPARENT: ReadonlySet<string> = new Set(
  (
    'html body div section article main header footer aside nav hgroup center form fieldset details li dt dd ' +
    'figcaption caption thead tbody tfoot tr td th'
  ).split(' '),
)

export const isBlockTag = (tag: string): boolean =>
  TEXT_BLOCKS.has(tag) || CONTAINERS.has(tag) || TRANSPARENT.has(tag) || tag === 'hr'

export const nameOf = (tag: string): string => RENAMED.get(tag) ?? tag
