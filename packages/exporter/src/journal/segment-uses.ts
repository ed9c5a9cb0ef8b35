import { ExporterError } from '../exporter-error.ts';

/** What is known of a segment on disk. */
interface SegmentUse {
  /** Who still needs it: unfinished appends and open runs. */
  uses: number;
  /** Nothing will be written to it any more. */
  sealed: boolean;
  /** Its records from before the start have not all been replayed. */
  pendingReplay: boolean;
}

/** Counts who still needs which segment, and says when nobody does. */
export interface SegmentUses {
  add(segment: number, state: { readonly sealed: boolean; readonly pendingReplay: boolean }): void;
  retain(segment: number, count?: number): void;
  release(segment: number): void;
  seal(segment: number): void;
  replayed(segment: number): void;
  isUnused(segment: number): boolean;
  /** Numbers of the segments, in the order in which they came. */
  segments(): readonly number[];
}

/** `onUnused` is called once a segment: when it is sealed, replayed and nobody retains it. */
export function createSegmentUses(onUnused: (segment: number) => void): SegmentUses {
  const segments = new Map<number, SegmentUse>();

  const existing = (segment: number, act: string): SegmentUse => {
    const state = segments.get(segment);
    if (state !== undefined) return state;
    throw new ExporterError(
      'journal_not_retained',
      `cannot ${act} journal segment ${segment}: it is not there, or nobody retained it any more and it was removed`,
    );
  };
  const removeIfUnused = (segment: number, state: SegmentUse): void => {
    if (state.uses > 0 || !state.sealed || state.pendingReplay) return;
    segments.delete(segment);
    onUnused(segment);
  };

  return {
    add(segment, state) {
      segments.set(segment, { uses: 0, ...state });
    },
    retain(segment, count = 1) {
      existing(segment, 'retain').uses += count;
    },
    release(segment) {
      const state = existing(segment, 'release');
      if (state.uses === 0) {
        throw new ExporterError(
          'journal_not_retained',
          `cannot release journal segment ${segment}: nobody retains it`,
        );
      }
      state.uses -= 1;
      removeIfUnused(segment, state);
    },
    seal(segment) {
      const state = existing(segment, 'seal');
      state.sealed = true;
      removeIfUnused(segment, state);
    },
    replayed(segment) {
      const state = existing(segment, 'finish the replay of');
      state.pendingReplay = false;
      removeIfUnused(segment, state);
    },
    isUnused: (segment) => (segments.get(segment)?.uses ?? 0) === 0,
    segments: () => [...segments.keys()],
  };
}
