import { detailId } from '../detail-ref.ts';
import type { DetailStore } from '../detail-store.ts';

/** A detail store in memory, over a map that may outlive who writes to it. */
export function memoryDetails(values: Map<string, unknown>): DetailStore {
  const put = async (value: unknown, owner?: string): Promise<string> => {
    const digest = `sha256:${Buffer.from(JSON.stringify(value)).toString('hex')}`;
    values.set(owner === undefined ? digest : detailId({ digest, owner }), value);
    return digest;
  };
  const putText = async (text: string): Promise<string> => {
    const id = `sha256:${(values.size + 1).toString(16).padStart(64, '0')}`;
    values.set(id, text);
    return id;
  };
  return {
    put,
    putText,
    get: async (digest, owner) =>
      values.get(owner === undefined ? digest : detailId({ digest, owner })),
    getText: async (id) => values.get(id) as string | undefined,
    destroy: async (id) => values.delete(id),
    list: async () => [...values.keys()].map((id) => ({ id, sinceMillis: 0 })),
  };
}
