import { Attr, SCOPE_NAME } from '@aftertrace/schema';

import type { TelemetrySpan } from '../telemetry.ts';
import { WireSpan } from '../wire-span.ts';
import type { Dialect, SpanKind } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import { otelGenAi } from './otel-genai.ts';

/** What is the same for all spans of a kind: found out once, and known from then on. */
export interface KnownKind {
  readonly scopeName: string;
  /** Those that may speak through its spans, in the order in which they are asked. */
  readonly dialects: readonly {
    readonly dialect: Dialect;
    /** It has to be asked of each span. */
    readonly isPerhaps: boolean;
  }[];
  /** Whether its spans have `aftertrace.run.id`, and so on. */
  readonly namesRun: boolean;
  readonly statesOutcome: boolean;
  readonly hasDecision: boolean;
  readonly hasOverride: boolean;
}

/** Scopes that have spans of one shape, which are kept: nobody has many. */
const MAX_SCOPES = 8;

/** By the numbers of shapes. */
const known: (KnownKind[] | undefined)[] = [];

/** The kind of the span: what its keys and its scope say of it. */
export function kindOfSpan(span: TelemetrySpan): KnownKind {
  const scopeName = span.scope.name;
  if (!(span instanceof WireSpan)) return kindOf(scopeName, span.attributes);
  const { number } = span.shape;
  if (number < 0) return kindOf(scopeName, span.attributes);
  const kinds = (known[number] ??= []);
  for (const kind of kinds) if (kind.scopeName === scopeName) return kind;
  const kind = kindOf(scopeName, span.attributes);
  if (kinds.length < MAX_SCOPES) kinds.push(kind);
  return kind;
}

function kindOf(scopeName: string, attributes: { has(key: string): boolean }): KnownKind {
  const has = (key: string): boolean => attributes.has(key);
  return {
    scopeName,
    dialects: dialectsOf({ scopeName, has }),
    namesRun: has(Attr.RUN_ID),
    statesOutcome: has(Attr.RUN_OUTCOME),
    hasDecision: has(Attr.DECISION_VERDICT),
    hasOverride: has(Attr.OVERRIDE_ID),
  };
}

/**
 * Up to the first dialect that certainly knows such spans. Our own agents' spans are told by their scope, whatever the
 * span processors of others added to them.
 */
function dialectsOf(kind: SpanKind): KnownKind['dialects'] {
  const found: KnownKind['dialects'][number][] = [];
  for (const dialect of kind.scopeName === SCOPE_NAME ? [otelGenAi] : DIALECTS) {
    const answer = dialect.speaks(kind);
    if (answer !== false) found.push({ dialect, isPerhaps: answer === 'perhaps' });
    if (answer === true) break;
  }
  return found;
}
