import type { ReversibilityClass } from '@aftertrace/schema';

import { AftertraceError } from '../errors.ts';

/** What a tool says of itself, besides its name. */
export interface ToolDescription {
  /**
   * How far its calls can be undone. `read_only` passes a quarantine; calls of every other class are reported to the
   * companion when they have been made, so that they can be listed and undone. Default: counts as writing, unreported.
   */
  readonly reversibility?: ReversibilityClass;
  /** What it can do, for containments by capability, for example `payments`. */
  readonly capabilities?: readonly string[];
  /**
   * Undoes one call of it, when a person orders that. Called at most once for one order; may come long after the call and in
   * another process of the same agent. Its result is judged as a tool's is: what it throws or reports as a failure stops
   * the rollback.
   */
  readonly compensate?: (call: CallToUndo) => unknown;
}

/** A call that is to be undone, as it was made. */
export interface CallToUndo {
  readonly tool: string;
  readonly arguments: unknown;
  /** What the tool returned. */
  readonly result: unknown;
  readonly agent: string;
  readonly run: string;
  readonly conversation: string | undefined;
  readonly toolCallId: string | undefined;
  /** Why, in the words of who ordered it. */
  readonly reason: string;
  /** Ends with the time that there is for it. */
  readonly signal: AbortSignal;
}

/** The tools of this process that have been described, by name. */
export interface ToolRegistry {
  /** The later description of a name replaces the earlier. */
  describe(tool: string, description: ToolDescription): void;
  get(tool: string): ToolDescription | undefined;
  /** Names of those with `compensate`. */
  compensated(): readonly string[];
  /** Called after a tool with `compensate` was described. */
  onCompensated(listener: () => void): void;
}

const CLASSES = new Set<unknown>([
  'read_only',
  'reversible',
  'externally_reversible',
  'irreversible',
]);
/** Names beyond this are refused: they come from the application, and a leak of its must not become ours. */
const MAX_TOOLS = 10_000;

/** An empty registry, for one process. */
export function createToolRegistry(): ToolRegistry {
  const tools = new Map<string, ToolDescription>();
  const listeners: (() => void)[] = [];
  return {
    describe: (tool, { reversibility, capabilities, compensate }) => {
      if (tools.size >= MAX_TOOLS && !tools.has(tool)) {
        throw invalid(`describes more than ${MAX_TOOLS} tools; is the name made for each call?`);
      }
      if (reversibility !== undefined && !CLASSES.has(reversibility)) {
        throw invalid(
          `does not know the reversibility ${JSON.stringify(reversibility)} of ${tool}`,
        );
      }
      // Who can undo a call has said that it can be undone; that this is seen outside is the careful reading.
      const implied = compensate === undefined ? undefined : 'externally_reversible';
      const known = reversibility ?? implied;
      const description: ToolDescription = {
        ...(known === undefined ? {} : { reversibility: known }),
        ...(capabilities === undefined ? {} : { capabilities: [...capabilities] }),
        ...(compensate === undefined ? {} : { compensate }),
      };
      tools.set(tool, Object.freeze(description));
      if (compensate !== undefined) for (const listener of listeners) listener();
    },
    get: (tool) => tools.get(tool),
    compensated: () =>
      [...tools].filter(([, { compensate }]) => compensate !== undefined).map(([name]) => name),
    onCompensated: (listener) => void listeners.push(listener),
  };
}

function invalid(what: string): AftertraceError {
  return new AftertraceError('invalid_argument', `a description of a tool ${what}`);
}
