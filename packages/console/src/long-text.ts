import { counted, cutText } from './cut-text.ts';
import { html, wholeText, type Content, type Html } from './html.ts';

/** How much of what is long stands on a page. */
export interface PageLimits {
  /** Longer texts are folded: their head is shown, a click opens the rest. */
  readonly shownChars: number;
  /** Of a text that is longer still, only so much is sent. */
  readonly sentChars: number;
  /** Of a run's steps, a timeline's events, a list's rows. */
  readonly rows: number;
}

/** For a look, on a phone too: what goes on, not all that was said. */
export const BRIEF: PageLimits = { shownChars: 600, sentChars: 20_000, rows: 300 };
/** Everything, on request. */
export const WHOLE: PageLimits = {
  shownChars: 600,
  sentChars: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
};

/** The query that asks for a page without limits. */
export const WHOLE_QUERY = '?full=1';

const SHOWN_LINES = 14;
const HEAD_CHARS = 160;

/** A text of any length: shown, or folded with its head and its size, or cut with a way to all of it. */
export function longText(text: string, limits: PageLimits): Content {
  if (text === '') return undefined;
  if (text.length <= limits.shownChars && linesOf(text) <= SHOWN_LINES) return preformatted(text);
  const sent = cutText(text, limits.sentChars);
  const left = text.length - sent.length;
  const head = cutText(text, HEAD_CHARS).split('\n', 3).join(' ');
  return html`<details class="long">
    <summary>${head}… <span class="count">${counted(text.length)} characters</span></summary>
    ${preformatted(sent)}${
      left === 0
        ? undefined
        : html`<p class="cut">
            ${counted(left)} more characters are not on this page.
            <a href="${WHOLE_QUERY}">Show everything</a>
          </p>`
    }
  </details>`;
}

/**
 * Says that not all rows of a list are on the page.
 *
 * @param whole Where all of them are. Default: the page's own address with the query for it.
 */
export function moreRows(
  shown: number,
  all: number,
  what: string,
  whole: string = WHOLE_QUERY,
): Content {
  if (shown >= all) return undefined;
  return html`<p class="cut">
    ${counted(all - shown)} more ${what} are not on this page.
    <a href="${whole}">Show everything</a>
  </p>`;
}

/** The first line feed after an opening `pre` belongs to the markup, so one is given. */
function preformatted(text: string): Html {
  return html`<pre>${'\n'}${wholeText(text)}</pre>`;
}

function linesOf(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
