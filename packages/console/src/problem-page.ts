import { pageOf, type Page } from './document.ts';
import { html, type Content } from './html.ts';

/** Why there is no page, and what to do. */
export interface PageProblem {
  readonly status: number;
  /** One sentence. */
  readonly title: string;
  /** What to do, each a sentence or a command in backquotes. */
  readonly advice: readonly string[];
}

/** A page that says what was wrong and what to do. */
export function renderProblemPage({ status, title, advice }: PageProblem): Page {
  return pageOf({
    status,
    title,
    kind: 'console',
    main: html`<h1>${title}</h1>
      <div class="card">
        <ul>
          ${advice.map((line) => html`<li>${withCommands(line)}</li>`)}
        </ul>
      </div>`,
  });
}

/** Text with what stands in backquotes set as code. */
function withCommands(line: string): Content {
  return line
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}
