import { IncidentLogLine } from '@aftertrace/schema';

import { chainProblem, type ChainHead } from './event-chain.ts';
import { readWholeLines } from './read-lines.ts';

/** What another log has sealed of an incident: which event stands at a place of its chain. */
export interface IncidentAnchor {
  readonly incident: string;
  readonly seq: number;
  readonly hash: string;
}

/**
 * - `altered`: an event is not the one that was written, or is gone from the middle.
 * - `cut`: an anchor states an event behind the last one.
 * - `missing`: there are anchors of an incident and no event.
 * - `bad_line`: a line is no event.
 */
export type IncidentProblemKind = 'altered' | 'cut' | 'missing' | 'bad_line';

export interface IncidentProblem {
  /** Unknown for a line that is none. */
  readonly incident?: string;
  /** From 1; absent for what has none. */
  readonly line?: number;
  readonly kind: IncidentProblemKind;
  /** For a person; never contains values of an event. */
  readonly message: string;
}

/**
 * Checks the chains of incidents, and compares them with what the audit log has sealed of them: a chain that was cut, or
 * written anew as a whole, is sound in itself. What came after the last anchor of an incident shows only within its chain.
 *
 * @param path The file of incidents; one that is not there has none.
 * @param anchors Read before this call, so that the file has all that they state.
 */
export async function verifyIncidents(
  path: string,
  anchors: readonly IncidentAnchor[],
): Promise<readonly IncidentProblem[]> {
  const chains = new Chains(anchors);
  // A last line without its end was never acknowledged.
  for (const line of (await readWholeLines(path)).lines) chains.add(line);
  return chains.finish();
}

class Chains {
  readonly #problems: IncidentProblem[] = [];
  readonly #heads = new Map<string, ChainHead>();
  /** What is sealed and was not come across yet, by incident and place. */
  readonly #sealed = new Map<string, Map<number, string>>();
  #line = 0;

  constructor(anchors: readonly IncidentAnchor[]) {
    for (const { incident, seq, hash } of anchors) {
      const places = this.#sealed.get(incident) ?? new Map<number, string>();
      this.#sealed.set(incident, places.set(seq, hash));
    }
  }

  add(text: string): void {
    this.#line += 1;
    const event = eventOf(text);
    if (event === undefined) {
      this.#problems.push({
        line: this.#line,
        kind: 'bad_line',
        message: 'the line is no event of an incident',
      });
      return;
    }
    const { incident, seq, hash } = event;
    const message =
      chainProblem(event, this.#heads.get(incident)) ?? this.#otherThanSealed(incident, event);
    if (message !== undefined)
      this.#problems.push({ incident, line: this.#line, kind: 'altered', message });
    this.#sealed.get(incident)?.delete(seq);
    this.#heads.set(incident, { seq, hash });
  }

  finish(): readonly IncidentProblem[] {
    const left = [...this.#sealed].filter(([, places]) => places.size > 0);
    return [...this.#problems, ...left.map(([id, places]) => this.#lost(id, [...places.keys()]))];
  }

  #otherThanSealed(incident: string, { seq, hash }: ChainHead): string | undefined {
    const sealed = this.#sealed.get(incident)?.get(seq);
    if (sealed === undefined || sealed === hash) return undefined;
    return `the audit log has sealed another event ${seq}: the incident was written anew`;
  }

  #lost(incident: string, places: readonly number[]): IncidentProblem {
    const head = this.#heads.get(incident);
    // Not spread into arguments: an incident of a year may have been sealed every minute.
    const last = places.reduce((most, place) => Math.max(most, place), 0);
    if (head === undefined) {
      const message = `nothing of it is there, and the audit log has sealed its event ${last}`;
      return { incident, kind: 'missing', message };
    }
    if (last <= head.seq) {
      const message = `event ${last}, which the audit log has sealed, is not there`;
      return { incident, kind: 'altered', message };
    }
    const message = `it ends with event ${head.seq}, and the audit log has sealed its event ${last}`;
    return { incident, kind: 'cut', message };
  }
}

function eventOf(text: string): IncidentLogLine | undefined {
  try {
    return IncidentLogLine.safeParse(JSON.parse(text)).data;
  } catch {
    // Not even JSON.
    return undefined;
  }
}
