import type { ControlPlane } from '@aftertrace/control';
import type { AuthorizeSender } from '@aftertrace/exporter';

const RETRY_AFTER_SECONDS = 5;

/** Lets telemetry in by the control plane's tokens: those of the roles ingest, agent and admin. */
export function telemetryGate({ admit }: Pick<ControlPlane, 'admit'>): AuthorizeSender {
  return async (sender) => {
    const admission = await admit(sender, 'ingest');
    if (admission.ok) return undefined;
    const { code, message } = admission.error;
    if (code === 'rate_limited') {
      return { kind: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
    return { kind: code === 'unauthorized' ? 'unauthenticated' : 'forbidden', message };
  };
}
