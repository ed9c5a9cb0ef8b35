/**
 * The stack of compose.yaml without containers, for a machine that has the programs, or Go to build them with:
 * `node --conditions=@aftertrace/source examples/stack/src/run.ts [--once] [--free-ports] [--dir DIR]`.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { findPrograms } from '../../../test/stack/programs/find-programs.ts';
import { lookAround } from './look-around.ts';
import { freePorts, USUAL_PORTS } from './stack-ports.ts';
import { startAgents } from './start-agents.ts';
import { startStack, type Stack } from './start-stack.ts';
import { TOLD } from './told.ts';

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    'free-ports': { type: 'boolean', default: false },
    dir: { type: 'string', default: '.stack' },
  },
});
const PAUSE_MILLIS = 5000;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());

const { collector, jaeger, prometheus } = await findPrograms(
  ['collector', 'jaeger', 'prometheus'],
  {
    note: (text) => void process.stderr.write(`${text}\n`),
  },
);
if (collector === undefined || jaeger === undefined || prometheus === undefined) {
  throw new Error('a program is missing; what and how to get it is in test/stack/README.md');
}
const dir = path.resolve(values.dir);
const stack = await startStack({
  programs: { collector, jaeger, prometheus },
  dir,
  ports: values['free-ports'] ? await freePorts() : USUAL_PORTS,
});
try {
  await runAgents(stack);
} finally {
  await stack.stop();
}

async function runAgents({ companion, ...rest }: Stack): Promise<void> {
  const why = ['--actor', 'on-call@example.com', '--reason', 'from their first day'];
  const policy = path.join(import.meta.dirname, '../../first-flight/policy/first.yaml');
  const published = await companion.aftertrace('policy', 'publish', policy, ...why);
  if (published.code !== 0) throw new Error(published.stderr);
  say(`everything is up; logs and data in ${dir}
  Jaeger      ${rest.jaeger.url}
  Prometheus  ${rest.prometheus.url}
  companion   ${companion.console}
  OTLP in     ${rest.otlp}   (your own agents too)
  commands    export AFTERTRACE_DATA=${companion.dataDir}; npx aftertrace incidents`);
  const agents = await startAgents({ dir, otlp: rest.otlp, env: companion.env });
  try {
    for (let round = 1; !stopping.signal.aborted; round += 1) {
      const answers = await agents.play(TOLD);
      say(`round ${round}: ${answers.length} customers answered`);
      if (round === 1) for (const line of await lookAround({ companion, ...rest })) say(line);
      if (values.once) return;
      await delay(PAUSE_MILLIS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  } finally {
    await agents.stop();
  }
}
