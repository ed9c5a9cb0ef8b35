import { EventName } from '@aftertrace/schema';

import type { EventRecord } from './records.ts';
import { NO_ROW } from './span-table.ts';

const FEW = 16;

/** Different texts, each with its place: nearly always one, but a stranger may send a trace with thousands of runs. */
export class PlaceList {
  readonly #items: string[] = [];
  #places: Map<string, number> | undefined;

  get length(): number {
    return this.#items.length;
  }

  at(place: number): string | undefined {
    return this.#items[place];
  }

  /** The place of the text, which is added where it is new. */
  placeOf(item: string): number {
    const known = this.#places === undefined ? this.#items.indexOf(item) : this.#places.get(item);
    if (known !== undefined && known >= 0) return known;
    const place = this.#items.push(item) - 1;
    if (place >= FEW) {
      this.#places ??= new Map(this.#items.map((each, index) => [each, index]));
      this.#places.set(item, place);
    }
    return place;
  }

  /** Puts the items of another list behind its own, even those that it has. */
  append(other: PlaceList): void {
    for (const item of other) {
      const place = this.#items.push(item) - 1;
      if (place >= FEW) {
        this.#places ??= new Map(this.#items.map((each, index) => [each, index]));
        this.#places.set(item, place);
      }
    }
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#items[Symbol.iterator]();
  }
}

/** What has been told about one run of a group. */
export interface ToldRun {
  /** Of its run part. */
  readonly key: string;
  readonly traceId: string;
  readonly rootSpanId: string;
  readonly runId: string | undefined;
  /** Spans and events that were told, as one text; the same again is not told again. */
  readonly digest: string;
  readonly complete: boolean;
  readonly toldAt: number;
}

/** Traces that belong together because a run spans them; nearly always one trace. */
export interface OpenGroup {
  /** The spans name their trace and run by the place in these lists. */
  readonly traceIds: PlaceList;
  readonly runIds: PlaceList;
  /** The latest span in the table; the others follow. */
  firstRow: number;
  spans: number;
  /** By identity. Most groups have none: added to by {@link eventsOf}. */
  events: ReadonlyMap<string, EventRecord>;
  /** Runs that are over, though nothing in them says so. */
  overRuns: Set<string> | undefined;
  /** By run key. Added to by {@link toldOf}. */
  told: ReadonlyMap<string, ToldRun>;
  /** Bytes of its telemetry, events included. */
  bytes: number;
  eventBytes: number;
  firstArrival: number;
  lastArrival: number;
  /** When it was last put behind all others. */
  touchedAt: number;
  /** Grows with the order in which groups were put there. */
  newsOrder: number;
  /** When to look at it again, in milliseconds of our clock. Only to be set by `DueGroups`. */
  dueAt: number;
  /** Records that were refused, since the group was full. */
  refused: number;
  /** Runs that were given out and are not written yet: their spans must stay. */
  pending: number;
  /** Nobody looks for it any more; its spans go when nothing is pending. */
  forgotten: boolean;
}

/** Shared by all groups that have none: a map of its own is most of what an open run takes. */
const NO_EVENTS: ReadonlyMap<string, EventRecord> = new Map();
const NOTHING_TOLD: ReadonlyMap<string, ToldRun> = new Map();

/** The group's events, to change them. */
export function eventsOf(group: OpenGroup): Map<string, EventRecord> {
  if (group.events === NO_EVENTS) group.events = new Map();
  return group.events as Map<string, EventRecord>;
}

/** What was told of the group, to change it. */
export function toldOf(group: OpenGroup): Map<string, ToldRun> {
  if (group.told === NOTHING_TOLD) group.told = new Map();
  return group.told as Map<string, ToldRun>;
}

/** A group without records. */
export function emptyGroup(at: number): OpenGroup {
  return {
    traceIds: new PlaceList(),
    runIds: new PlaceList(),
    firstRow: NO_ROW,
    spans: 0,
    events: NO_EVENTS,
    overRuns: undefined,
    told: NOTHING_TOLD,
    bytes: 0,
    eventBytes: 0,
    firstArrival: at,
    lastArrival: at,
    touchedAt: at,
    newsOrder: 0,
    dueAt: Number.POSITIVE_INFINITY,
    refused: 0,
    pending: 0,
    forgotten: false,
  };
}

/** Records in a group, spans and events. */
export function sizeOf(group: OpenGroup): number {
  return group.spans + group.events.size;
}

/** Whether the event may be the end of a run, so that the group is worth a look soon. */
export function mayEndRun(event: EventRecord): boolean {
  return event.log.eventName === EventName.RUN_ENDED;
}
