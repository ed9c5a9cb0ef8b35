import { flushEvidence, instanceId, onUrgentEvent } from '@aftertrace/instrumentation';
import { NodeSDK } from '@opentelemetry/sdk-node';

import { destinationOf } from './destination.ts';
import { flushProviders } from './flush.ts';
import { createFlushScheduler } from './flush-scheduler.ts';
import { flushAtProcessEnd } from './process-end.ts';
import { setUpSdk } from './sdk-options.ts';

/** The span of a failed call ends within this time after its event. */
const URGENT_DELAY_MILLIS = 50;
/** Longest that the end of the process waits for its telemetry. */
const END_DEADLINE_MILLIS = 2_000;

/** Starts the SDK, and what flushes it. Never throws. */
export function start(): void {
  try {
    const destination = destinationOf(process.env);
    const { options, losses } = setUpSdk(destination, instanceId(), writeError);
    new NodeSDK(options).start();
    const scheduler = createFlushScheduler({
      flush: flushProviders,
      delayMillis: URGENT_DELAY_MILLIS,
    });
    onUrgentEvent(() => scheduler.request());
    flushAtProcessEnd(async () => {
      await Promise.all([scheduler.flushWithin(END_DEADLINE_MILLIS), flushEvidence()]);
      losses?.ended();
    });
  } catch (error) {
    // The application starts without telemetry rather than not at all, and the person who started it is told once.
    writeError(`aftertrace: telemetry could not be started: ${String(error)}`);
  }
}

function writeError(line: string): void {
  process.stderr.write(`${line}\n`);
}
