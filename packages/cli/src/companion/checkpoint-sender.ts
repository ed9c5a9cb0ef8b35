import {
  companionSender,
  createOtlpSender,
  encodeEvents,
  type OtlpSenderOptions,
  type OtlpTarget,
} from '@aftertrace/exporter';
import { canonicalJson, sha256Hex, type LedgerCheckpoint } from '@aftertrace/schema';
import { Attr, EventName } from '@aftertrace/schema/names';

import type { Log } from '../terminal/progress-log.ts';
import { VERSION } from '../version.ts';

/** Sends checkpoints of the audit log as OTLP log records, so that a log store is a place that holds them too. */
export interface CheckpointSender {
  send(checkpoint: LedgerCheckpoint): void;
  /** Sends what waits until the deadline. */
  shutdown(deadlineMillis: number): Promise<void>;
}

export interface CheckpointSenderOptions {
  readonly target: OtlpTarget;
  readonly dataDir: string;
  readonly log: Log;
  /** Waits between attempts. Default: a timer. */
  readonly wait?: OtlpSenderOptions['wait'];
}

const INFO = 9;

export function createCheckpointSender(options: CheckpointSenderOptions): CheckpointSender {
  const { target, dataDir, log, wait } = options;
  const otlp = createOtlpSender({ ...target, log, ...(wait === undefined ? {} : { wait }) });
  const sender = companionSender({
    version: VERSION,
    instance: sha256Hex(dataDir).slice(0, 16),
  });
  return {
    send: (checkpoint) => {
      const nanos = BigInt(Date.parse(checkpoint.at)) * 1_000_000n;
      const event = {
        eventName: EventName.AUDIT_CHECKPOINT,
        timeUnixNano: String(nanos),
        observedTimeUnixNano: nanos,
        severityNumber: INFO,
        traceId: undefined,
        spanId: undefined,
        attributes: {
          [Attr.AUDIT_ENTRIES]: checkpoint.entries,
          // The whole line: whoever has it and the public key can check it.
          [Attr.AUDIT_CHECKPOINT]: canonicalJson(checkpoint),
        },
      };
      otlp.send('logs', encodeEvents([event], sender), 1);
    },
    shutdown: async (deadlineMillis) => otlp.shutdown(deadlineMillis),
  };
}
