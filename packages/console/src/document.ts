import { createHash } from 'node:crypto';

import { html, type Content } from './html.ts';
import { incidentsPath } from './page-paths.ts';
import { STYLE } from './style.ts';

/** A page, ready to be sent. */
export interface Page {
  /** HTTP status. */
  readonly status: number;
  /** A whole document. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is particular to a page. */
export interface PageContent {
  /** Default 200. */
  readonly status?: number;
  readonly title: string;
  /** What kind of page it is, in its head: `trajectory`. */
  readonly kind: string;
  readonly main: Content;
  readonly footer?: Content;
}

/** The only text that is not escaped: it is ours, and its quotes must stay what they are. */
const STYLE_ELEMENT = `<style>${STYLE}</style>`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * What a browser may do with a page: show it. No script, no picture, nothing from elsewhere, no frame around it, and no
 * trace of where somebody came from. Text of agents stands in these pages: should it ever become markup, it could do
 * nothing.
 */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

/** The document around what is particular to a page, and the headers that it is sent with. */
export function pageOf({ status = 200, title, kind, main, footer }: PageContent): Page {
  const head = html`<meta charset="utf-8" />
    <title>${title} · Aftertrace</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex, nofollow" />`;
  const rest = html`<header>
      <strong>Aftertrace</strong> <span>${kind}</span>
      <nav><a href="${incidentsPath()}">incidents</a></nav>
    </header>
    <main>${main}</main>
    <footer>${footer}</footer>`;
  const body = `<!doctype html>
<html lang="en">
<head>
${head.toString()}
${STYLE_ELEMENT}
</head>
<body>
${rest.toString()}
</body>
</html>
`;
  return { status, body, headers: PAGE_HEADERS };
}
