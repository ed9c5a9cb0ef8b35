/**
 * Agents, each with a control link of its own as a real agent process has one, and calls under way. What it is told: one
 * argument, {@link AgentsSetup} as JSON; the message `report` is answered with {@link AgentsReport}, `stop` ends it.
 */
import { createControlLink } from '../../../packages/instrumentation/src/control/create-control-link.ts';
import { createDiagnostics } from '../../../packages/instrumentation/src/diagnostics.ts';
import { readSettings } from '../../../packages/instrumentation/src/environment.ts';
import { createInFlightCalls } from '../../../packages/instrumentation/src/guard/in-flight.ts';
import { clock } from './clock.ts';
import { createToolRegistry } from '../../../packages/instrumentation/src/guard/tool-registry.ts';

/** What the process is started with. */
export interface AgentsSetup {
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly home: string;
  readonly links: number;
  /** Calls under way in each agent. */
  readonly calls: number;
}

/** Since the last report; milliseconds of `clock`. */
export interface AgentsReport {
  /** When a containment was in force, one for each agent. */
  readonly inForce: readonly number[];
  /** How long after that each call under way was aborted. */
  readonly aborts: readonly number[];
  /** When each was. */
  readonly abortedAt: readonly number[];
}

const setup = JSON.parse(process.argv[2] ?? '{}') as AgentsSetup;
let inForce: number[] = [];
let aborts: number[] = [];
let abortedAt: number[] = [];

function startAgent(index: number): () => void {
  const inFlight = createInFlightCalls();
  const env = {
    AFTERTRACE_COMPANION: setup.url,
    AFTERTRACE_TOKEN: setup.token,
    AFTERTRACE_AGENT: 'bench',
  };
  const enter = (arrivedAt: () => number): void => {
    const call = inFlight.enter({ agent: 'bench', tool: 'slow', arguments: {} }, undefined);
    call.signal.addEventListener('abort', () => {
      const at = clock();
      aborts.push(at - arrivedAt());
      abortedAt.push(at);
      // The next round has calls under way too.
      setImmediate(() => enter(arrivedAt));
    });
  };
  let arrived = 0;
  const watched: typeof inFlight = {
    enter: inFlight.enter.bind(inFlight),
    enterRun: inFlight.enterRun.bind(inFlight),
    get size() {
      return inFlight.size;
    },
    // Called for each containment as it comes into force, whether or not there is something to abort.
    abort: (containment, nowMillis) => {
      arrived = clock();
      inForce.push(arrived);
      return inFlight.abort(containment, nowMillis);
    },
  };
  for (let call = 0; call < setup.calls; call += 1) enter(() => arrived);
  const link = createControlLink({
    env,
    home: setup.home,
    settings: readSettings(env),
    instance: `${setup.name}-${index}`,
    inFlight: watched,
    tools: createToolRegistry(),
    diagnostics: createDiagnostics((line) => console.error(line)),
    now: Date.now,
  });
  return () => link.close();
}

const ends = Array.from({ length: setup.links }, (_, index) => startAgent(index));

process.on('message', (message) => {
  if (message === 'report') {
    process.send?.({ inForce, aborts, abortedAt } satisfies AgentsReport);
    [inForce, aborts, abortedAt] = [[], [], []];
    return;
  }
  for (const end of ends) end();
  process.disconnect();
});
process.send?.('started');
