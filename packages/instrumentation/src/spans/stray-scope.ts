import type { Runtime } from '../runtime.ts';
import { newRun, type Scope } from './scope.ts';

/** For a tool call outside any run that is known: it is judged all the same, as if it were a run of its own. */
export function strayScope(runtime: Pick<Runtime, 'settings' | 'randomId' | 'agents'>): Scope {
  const agent = { name: runtime.settings.agent };
  return { run: newRun(runtime.randomId(), agent, runtime.agents.now()), agent };
}
