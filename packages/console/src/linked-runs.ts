import { RunOutcomeKind, type Incident } from '@aftertrace/schema';

/** A run whose line an incident knows. */
export interface LinkedRun {
  readonly trajectory: string;
  /** When its newest line was linked; absent where only the incident's own list has it. */
  readonly at?: string;
  readonly outcome?: RunOutcomeKind;
  readonly conversation?: string;
}

/** The runs of an incident in the order in which they came, each as its newest line has it. */
export function linkedRuns({ trajectories, events }: Incident): readonly LinkedRun[] {
  const runs = new Map<string, LinkedRun>(
    trajectories.map((trajectory) => [trajectory, { trajectory }]),
  );
  for (const { type, at, data } of events) {
    const { trajectory, outcome, conversation } = data;
    if (type !== 'run_linked' || typeof trajectory !== 'string') continue;
    const kind = RunOutcomeKind.safeParse(outcome);
    runs.set(trajectory, {
      trajectory,
      at,
      ...(kind.success ? { outcome: kind.data } : {}),
      ...(typeof conversation === 'string' ? { conversation } : {}),
    });
  }
  return [...runs.values()];
}
