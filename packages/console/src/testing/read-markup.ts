/** An element of a page. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** What a page consists of. */
export interface Markup {
  readonly elements: readonly Element[];
  /** Everything between elements, unescaped. */
  readonly text: string;
}

const VOID = new Set(['meta']);
const ELEMENTS = new Set(
  'html head meta title style body header nav strong span main footer h1 h2 h3 h4 p ul ol li dl div dt dd a code pre time section details summary table thead tbody tr th td'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set('lang charset name content class href id datetime scope'.split(' '));
const ENTITIES = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&#96;', '`'],
]);

/**
 * Reads the narrow HTML that pages are written in, and throws at everything else: elements and attributes that no page
 * needs, values without quotes, tags that do not close each other, characters that should have been escaped.
 */
export function readMarkup(page: string): Markup {
  const start = /^<!doctype html>\n/.exec(page);
  if (start === null) throw new Error('a page starts with its doctype');
  const elements: Element[] = [];
  const open: string[] = [];
  let text = '';
  let at = start[0].length;
  while (at < page.length) {
    if (open.at(-1) === 'style') {
      at = page.indexOf('</style>', at);
    }
    const tag = /^<(\/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"<>]*")*)\s*\/?>/.exec(
      page.slice(at, at + 2000),
    );
    if (tag === null) {
      const next = page.indexOf('<', at + 1);
      const end = next < 0 ? page.length : next;
      text += unescape(page.slice(at, end));
      at = end;
      continue;
    }
    const [whole, slash, name = '', attributes = ''] = tag;
    if (!ELEMENTS.has(name)) throw new Error(`no page has the element ${name}`);
    if (slash === '/') {
      if (open.pop() !== name) throw new Error(`${name} is closed and was not open`);
    } else {
      elements.push({ name, attributes: readAttributes(attributes) });
      if (!VOID.has(name)) open.push(name);
    }
    at += whole.length;
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`);
  return { elements, text };
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/\s([a-z-]+)="([^"]*)"/g)) {
    if (!ATTRIBUTES.has(name)) throw new Error(`no page has the attribute ${name}`);
    if (attributes.has(name)) throw new Error(`${name} is there twice`);
    attributes.set(name, unescape(value));
  }
  return attributes;
}

function unescape(text: string): string {
  return text.replace(/[<>"'`]|&[^;\s]*;?/g, (found) => {
    const char = ENTITIES.get(found);
    if (char === undefined) throw new Error(`not escaped: ${found} in ${text.slice(0, 200)}`);
    return char;
  });
}
