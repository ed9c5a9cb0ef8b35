import type { ControlPlane } from '@aftertrace/control';
import type { AuthorizeSender } from '@aftertrace/exporter';

const RETRY_AFTER_SECONDS = 5;
/** A person has to put another token in. */
const ENDED_RETRY_AFTER_SECONDS = 30;

/**
 * Lets telemetry in by the control plane's tokens: those of the roles ingest, agent and admin.
 *
 * Senders take "unauthenticated" for good and drop what they have. Who comes with a token that was right until it expired,
 * was revoked or was rotated is told to come again instead, so that nothing is lost until the new one is in place; nothing
 * of theirs is taken until then. A token that nobody here ever knew is refused.
 */
export function telemetryGate({ admit }: Pick<ControlPlane, 'admit'>): AuthorizeSender {
  return async (sender) => {
    const admission = await admit(sender, 'ingest');
    if (admission.ok) return undefined;
    const { code, message } = admission.error;
    if (code === 'rate_limited') {
      return { kind: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
    if (admission.ended !== undefined) {
      return { kind: 'unavailable', message, retryAfterSeconds: ENDED_RETRY_AFTER_SECONDS };
    }
    return { kind: code === 'unauthorized' ? 'unauthenticated' : 'forbidden', message };
  };
}
