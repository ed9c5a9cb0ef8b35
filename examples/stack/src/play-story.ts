/**
 * Demo agents: support agents of the first flight, unchanged, that answer the customers of its story again and again.
 * They find Collector and companion by the usual variables. Arguments: rounds (default without end), seconds of pause.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { startAgents } from './start-agents.ts';
import { TOLD } from './told.ts';

const [rounds = 'Infinity', pauseSeconds = '5'] = process.argv.slice(2);
const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-agents-'));
const passed = Object.entries(process.env).filter(([name]) =>
  /^(?:OTEL|AFTERTRACE|XDG)_/.test(name),
);
const agents = await startAgents({
  dir,
  env: Object.fromEntries(passed) as Record<string, string>,
});

process.once('SIGTERM', () => void agents.stop().then(() => process.exit(0)));
process.once('SIGINT', () => void agents.stop().then(() => process.exit(0)));
for (let round = 1; round <= Number(rounds); round += 1) {
  const answers = await agents.play(TOLD);
  process.stdout.write(`round ${round}: ${answers.length} customers answered\n`);
  if (round < Number(rounds)) await delay(Number(pauseSeconds) * 1000);
}
await agents.stop();
