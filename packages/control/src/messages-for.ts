import type { ControlCore } from './control-core.ts';
import { answersFor } from './deliver-answers.ts';
import { ordersFor } from './rollback-actions.ts';
import type { DirectMessage } from './stream-hub.ts';

/** What one process still has to act on. */
export async function messagesFor(
  core: ControlCore,
  instance: string,
): Promise<readonly DirectMessage[]> {
  const [answers, orders] = await Promise.all([
    answersFor(core, instance),
    ordersFor(core, instance),
  ]);
  return [
    ...answers.map((data) => ({ event: 'approval' as const, id: data.override.id, data })),
    ...orders.map((data) => ({ event: 'compensation' as const, id: data.override.id, data })),
  ];
}
