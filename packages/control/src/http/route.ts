import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Caller } from '../access/caller.ts';
import type { ControlProblem } from '../control-problem.ts';

/** A request with what the routing found out about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The `{id}` of the path; empty where it has none. */
  readonly id: string;
  /** Who was let in. */
  readonly caller: Caller;
  /** Answers with a problem, and writes it down. `claimed`: who the request says acts. */
  readonly refuse: (error: ControlProblem, claimed?: string) => Promise<void>;
}

export type Handler = (exchange: Exchange) => Promise<void>;

export interface Route {
  /** A path; a segment `{id}` stands for any one. */
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
}

/** The route of a path and the `{id}` in it. */
export function findRoute(
  routes: readonly Route[],
  path: string,
): { readonly route: Route; readonly id: string } | undefined {
  const segments = path.split('/');
  for (const route of routes) {
    const pattern = route.path.split('/');
    if (pattern.length !== segments.length) continue;
    let id = '';
    const matches = pattern.every((part, index) => {
      if (part !== '{id}') return part === segments[index];
      id = decode(segments[index] ?? '');
      return id !== '';
    });
    if (matches) return { route, id };
  }
  return undefined;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoding: no id looks like this.
    return '';
  }
}
