import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ensureInstall } from '../../frameworks/harness/install.ts';
import { median } from '../measure.ts';
import type { Row } from '../row.ts';

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('model-child.ts', import.meta.url));
const ROUNDS = 3;

const NAMES = {
  none: 'none',
  ours: 'Aftertrace',
  otel: 'OpenTelemetry 0.22.0',
  openllmetry: 'OpenLLMetry 0.27.0',
  openinference: 'OpenInference 4.2.7',
} as const;
type Kind = keyof typeof NAMES;
const KINDS = Object.keys(NAMES) as readonly Kind[];

interface Figures {
  readonly micros: number;
  readonly spansPerCall: number;
}

/** A chat completion with 90 KB of history and 20 tools, content off where that can be said. */
export async function measureModelCalls(note: (text: string) => void): Promise<readonly Row[]> {
  const directory = await ensureInstall('peers-openai');
  const measure = async (sampling: string, kinds: readonly Kind[]): Promise<Map<Kind, number>> => {
    const taken = new Map<Kind, number[]>(kinds.map((kind) => [kind, []]));
    // In turn, so that a busy moment meets all of them.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const kind of kinds) {
        const figures = await ask(directory, kind, sampling);
        checkSpans(kind, sampling, figures);
        taken.get(kind)?.push(figures.micros);
      }
      note(`model calls, ${sampling}: round ${round + 1} of ${ROUNDS}`);
    }
    return new Map([...taken].map(([kind, list]) => [kind, median(list)]));
  };
  const recorded = await measure('recorded', KINDS);
  const unsampled = await measure('unsampled', KINDS);
  const base = (of: Map<Kind, number>, kind: Kind): number =>
    (of.get(kind) ?? Number.NaN) - (of.get('none') ?? Number.NaN);
  const otel = base(recorded, 'otel');
  return [
    {
      metric: 'model call, 90 KB of history: none',
      value: recorded.get('none') ?? Number.NaN,
      unit: 'µs',
    },
    ...KINDS.slice(1).map((kind): Row => ({
      metric: `model call, recorded: ${NAMES[kind]} over none`,
      value: base(recorded, kind),
      unit: 'µs',
      ...(kind === 'ours' ? { bar: { atMost: otel } } : {}),
    })),
    ...KINDS.slice(1).map((kind): Row => ({
      metric: `model call, sampled out: ${NAMES[kind]} over none`,
      value: base(unsampled, kind),
      unit: 'µs',
      ...(kind === 'ours' ? { bar: { atMost: 3 } } : {}),
    })),
  ];
}

async function ask(directory: string, kind: Kind, sampling: string): Promise<Figures> {
  const args = ['--conditions=@aftertrace/source', CHILD, directory, kind, sampling];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env['PATH'] } });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Figures;
}

/** An instrumentation that did not attach would be the fastest. */
function checkSpans(kind: Kind, sampling: string, { spansPerCall }: Figures): void {
  const isSeen = spansPerCall >= 1;
  const shouldBe = kind !== 'none' && sampling === 'recorded';
  if (isSeen !== shouldBe) {
    throw new Error(`${NAMES[kind]}, ${sampling}: ${spansPerCall} spans a call`);
  }
}
