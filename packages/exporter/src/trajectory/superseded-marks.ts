import type { SupersededLine, TrajectoryFile } from '@aftertrace/schema';

import type { IndexedLine } from '../files/index-builder.ts';
import type { CellRef } from '../files/known-lines.ts';
import type { LineFiles } from '../files/line-files.ts';
import type { LineId } from '../files/line-id.ts';

/** Says in a file that one of its lines is told elsewhere now. */
export interface SupersededMark {
  /** The line. */
  readonly ref: CellRef;
  readonly id: LineId;
  readonly trajectoryId: string;
  readonly revision: number;
  readonly nowIn: TrajectoryFile;
}

/** Marks behind lines that count no more. */
export interface SupersededMarks {
  /** Writes a mark. Rejects when the disk refuses. */
  write(mark: SupersededMark): Promise<void>;
  /** A mark to be written with the next {@link pay}. */
  owe(mark: SupersededMark): void;
  /** Writes what is owed; what the disk does not take stays owed, and it rejects. */
  pay(): Promise<void>;
}

export function createSupersededMarks(files: LineFiles): SupersededMarks {
  let owed: SupersededMark[] = [];
  const write = async (mark: SupersededMark): Promise<void> => {
    const { ref, id, trajectoryId, revision, nowIn } = mark;
    const line: SupersededLine = {
      schema_version: 'aftertrace.superseded.v1',
      trajectory_id: trajectoryId,
      revision,
      now_in: nowIn,
    };
    const indexed: IndexedLine = { kind: 'mark', id, revision, nowIn };
    await files.appendTo(ref.file, [{ pieces: [JSON.stringify(line)], indexed }]);
  };
  return {
    write,
    owe(mark) {
      owed.push(mark);
    },
    async pay() {
      for (;;) {
        const [first] = owed;
        if (first === undefined) return;
        await write(first);
        owed = owed.slice(1);
      }
    },
  };
}
