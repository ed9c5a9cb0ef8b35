/** Longest that the first guarded call of a process waits for the first state. */
export const FIRST_STATE_MILLIS = 300;
/**
 * Longest that it waits for the first reading of a policy file. Nobody else has to answer: it takes a tenth of this on a
 * machine that has little to do, and a call that did not wait would pass unjudged on one that is busy.
 */
export const FIRST_FILE_MILLIS = 5_000;
/** How often a policy file is looked at. */
export const POLICY_FILE_INTERVAL_MILLIS = 200;
/** How long a policy file must stay the same before it counts: who writes in place is done by then. */
export const POLICY_FILE_PAUSE_MILLIS = 50;
/** Longest wait for a stream to open. */
export const CONNECT_MILLIS = 5_000;
/** A stream without any sign of life for so long is dead; the companion's heartbeats come more often. */
export const STREAM_SILENCE_MILLIS = 30_000;
/** Longest wait between attempts to connect. */
export const MAX_RECONNECT_MILLIS = 5_000;
/** Longest wait for the answer to one request. */
export const REQUEST_TIMEOUT_MILLIS = 5_000;
/** Longest that the end of a process waits for one batch of evidence to be taken. */
export const DRAIN_TIMEOUT_MILLIS = 1_000;
/**
 * Waits between attempts to hand an escalated call over, about 15 s in all: a companion that is restarted is back by
 * then, and a person who answers takes longer anyway.
 */
export const APPROVAL_RETRY_MILLIS: readonly number[] = [
  200, 500, 1_000, 2_000, 3_000, 4_000, 5_000,
];
/** How long a process has run before it loads the compiler of policies that it may need; at most this much more, at random. */
export const PRELOAD_AFTER_MILLIS = 2_000;
/** Between two pieces of it, and between two looks whether the process is idle. */
export const PRELOAD_RETRY_MILLIS = 200;
/** A process that is busy all the time loads it after so many looks: its first policy must not wait for it. */
export const PRELOAD_MAX_LOOKS = 25;
/** Evidence that waits for the companion; beyond it the oldest is dropped. */
export const MAX_EVIDENCE = 10_000;
/** Longest that the refusal of a call in quarantine waits for a reviewer's release of it. */
export const QUARANTINE_TIMEOUT_MILLIS = 2_000;
