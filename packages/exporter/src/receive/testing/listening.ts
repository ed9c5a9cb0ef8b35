import type { AcceptRequest, AcceptResult } from '../accept.ts';
import { createOtlpReceiver, type OtlpReceiver, type OtlpReceiverOptions } from '../receiver.ts';

const opened: OtlpReceiver[] = [];
/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((receiver) => receiver.shutdown(100)));
}

/** A receiver on a free port, and what it accepted. */
export async function listening(options: Partial<OtlpReceiverOptions> = {}) {
  const accepted: AcceptRequest[] = [];
  const receiver = createOtlpReceiver({
    port: 0,
    now: () => 1234,
    accept: ({ signal, encoding, body, receivedAt }) => {
      accepted.push({ signal, encoding, body, receivedAt });
      return Promise.resolve({ kind: 'accepted' });
    },
    ...options,
  });
  opened.push(receiver);
  const { url, port } = await receiver.start();
  return { receiver, accepted, url, port };
}

/** An `accept` that always says the same. */
export const answering = (result: AcceptResult): Partial<OtlpReceiverOptions> => ({
  accept: () => Promise.resolve(result),
});

/** Lets `accept` wait until it is told. */
export function held() {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  let arrived: () => void = () => undefined;
  const inAccept = new Promise<void>((resolve) => (arrived = resolve));
  const accept: OtlpReceiverOptions['accept'] = async () => {
    arrived();
    await gate;
    return { kind: 'accepted' };
  };
  return { accept, letGo, inAccept };
}
