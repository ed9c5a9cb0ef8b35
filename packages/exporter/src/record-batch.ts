import type { RecordOrigin } from './assemble/records.ts';

/** The records of one request: told when all of them are settled. */
export interface RecordBatch {
  /** For one record; settling it twice counts once. */
  origin(): RecordOrigin;
  /** No more records come. A batch without any is settled by this. */
  close(): void;
}

/** @param onSettled called once, when the batch is closed and every record of it is settled */
export function openBatch(onSettled: () => void): RecordBatch {
  let open = 1;
  const done = (): void => {
    open -= 1;
    if (open === 0) onSettled();
  };
  let closed = false;
  return {
    origin: () => {
      open += 1;
      let settled = false;
      return {
        settle: () => {
          if (settled) return;
          settled = true;
          done();
        },
      };
    },
    close: () => {
      if (closed) return;
      closed = true;
      done();
    },
  };
}
