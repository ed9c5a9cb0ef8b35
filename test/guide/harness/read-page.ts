/** A step of a page, in the order in which a reader comes to it. */
export type Step = FileStep | CommandStep;

interface Place {
  /** Line of the page at which the block starts. */
  readonly line: number;
}

/** ` ```js file=agent.mjs `: a file that the reader writes. */
export interface FileStep extends Place {
  readonly kind: 'file';
  readonly file: string;
  readonly text: string;
}

/** ` ```sh test `: what the reader types, and, where the page shows it, what then appears. */
export interface CommandStep extends Place {
  readonly kind: 'command';
  readonly text: string;
  /**
   * `once`: typed once, and it ends. `eventually`: typed again until the output is as shown, for what takes its time to
   * arrive. `background`: in a terminal of its own, in which it goes on until the page ends.
   */
  readonly how: 'once' | 'eventually' | 'background';
  readonly exitCode: number;
  /** The ` ```text output ` block right behind it. */
  readonly output: string | undefined;
}

/** A block that says `untested="…"`: why no test can run it. */
export interface UntestedBlock extends Place {
  readonly why: string;
  readonly text: string;
}

/** What a page has for a test. */
export interface Page {
  readonly steps: readonly Step[];
  readonly untested: readonly UntestedBlock[];
  /** Blocks that a reader would type or write and that are neither tested nor say why not, as `line: info`. */
  readonly unmarked: readonly string[];
}

interface Block extends Place {
  readonly info: string;
  readonly text: string;
}

/** Languages that only show something. */
const SHOWN = new Set(['text', '']);

export function readPage(markdown: string): Page {
  const steps: Step[] = [];
  const untested: UntestedBlock[] = [];
  const unmarked: string[] = [];
  for (const block of blocksOf(markdown)) {
    const { info, text, line } = block;
    // Words of a reason are no marks.
    const [language = '', ...marks] = info.replaceAll(/"[^"]*"/g, '').split(/\s+/);
    const file = /\bfile=(\S+)/.exec(info)?.[1];
    const why = /\buntested="([^"]+)"/.exec(info)?.[1];
    if (file !== undefined) steps.push({ kind: 'file', file, text, line });
    else if (marks.includes('test')) steps.push(commandOf(block, marks));
    else if (language === 'text' && marks.includes('output')) attach(steps, block);
    else if (why !== undefined) untested.push({ why, text, line });
    else if (!SHOWN.has(language)) unmarked.push(`${line}: ${info}`);
  }
  return { steps, untested, unmarked };
}

function commandOf({ text, line, info }: Block, marks: readonly string[]): CommandStep {
  const how = marks.find((mark) => mark === 'eventually' || mark === 'background') ?? 'once';
  const exitCode = Number(/\bexit=(\d+)/.exec(info)?.[1] ?? 0);
  return { kind: 'command', text, line, how, exitCode, output: undefined };
}

/** Output belongs to the command before it. */
function attach(steps: Step[], { text, line }: Block): void {
  const last = steps.at(-1);
  if (last?.kind !== 'command' || last.output !== undefined) {
    throw new Error(`line ${line}: output without a command right before it`);
  }
  steps[steps.length - 1] = { ...last, output: text };
}

function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly info: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined)
      open = { info: fence[1]?.trim() ?? '', line: index + 1, lines: [] };
    else {
      blocks.push({ info: open.info, line: open.line, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: a block that does not end`);
  return blocks;
}
