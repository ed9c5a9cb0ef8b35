import type { Runtime } from '../runtime.ts';
import { newRun, type Run, type Scope } from './scope.ts';

/** Runs of calls that were made outside of any run. */
export const STRAY_RUNS = new WeakSet<Run>();

/** For a tool call outside any run that is known: it is judged all the same, as if it were a run of its own. */
export function strayScope(runtime: Pick<Runtime, 'settings' | 'randomId' | 'agents'>): Scope {
  const agent = { name: runtime.settings.agent };
  const run = newRun(runtime.randomId(), agent, runtime.agents.now());
  STRAY_RUNS.add(run);
  return { run, agent };
}
