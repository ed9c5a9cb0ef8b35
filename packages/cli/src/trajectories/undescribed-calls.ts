import { existsSync } from 'node:fs';
import path from 'node:path';

import { readTrajectories } from '@aftertrace/exporter';
import {
  everyStep,
  Env,
  type Rollback,
  type StepDocument,
  type Trajectory,
} from '@aftertrace/schema';

/**
 * Calls in a rollback's scope of which no effect is known, by tool: tools that do not say how far their calls can be undone,
 * those that only read among them. From the recorded runs; undefined where they are not at hand.
 */
export async function undescribedCalls(
  { scope, steps }: Rollback,
  data: string | undefined,
): Promise<Readonly<Record<string, number>> | undefined> {
  const dataDir = data ?? process.env[Env.DATA] ?? '.aftertrace';
  if (!existsSync(path.join(dataDir, 'trajectories'))) return undefined;
  const known = new Set(steps.map(({ effect }) => effect.toolCallId));
  const described = new Set(steps.map(({ effect }) => effect.tool));
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  for await (const { trajectory } of readTrajectories(dataDir)) {
    if (!isWithin(trajectory, scope)) continue;
    for (const { id, tool } of callsOf(trajectory)) {
      if (known.has(id) || described.has(tool) || seen.has(id)) continue;
      seen.add(id);
      counts.set(tool, (counts.get(tool) ?? 0) + 1);
    }
  }
  return Object.fromEntries(counts);
}

function isWithin(trajectory: Trajectory, scope: Rollback['scope']): boolean {
  const { runId, conversationId } = trajectory.extra.aftertrace;
  return 'run' in scope ? runId === scope.run : conversationId === scope.conversation;
}

/** Those that ran: what was refused has done nothing. */
function callsOf(
  trajectory: Trajectory,
): readonly { readonly id: string; readonly tool: string }[] {
  return everyStep(trajectory as StepDocument).flatMap(({ step }) => {
    const refused = new Set(
      (step.observation?.results ?? [])
        .filter(({ extra }) => outcomeOf(extra) === 'denied')
        .map(({ source_call_id: id }) => id),
    );
    return (step.tool_calls ?? [])
      .filter(({ tool_call_id: id }) => !refused.has(id))
      .map(({ tool_call_id: id, function_name: tool }) => ({ id, tool }));
  });
}

function outcomeOf(extra: unknown): unknown {
  const ours = (
    extra as { readonly aftertrace?: { readonly outcome?: { readonly outcome?: unknown } } }
  )?.aftertrace;
  return ours?.outcome?.outcome;
}
