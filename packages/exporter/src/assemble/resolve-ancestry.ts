import { namesParent, type PlacedSpan } from './placed-span.ts';

/** Where a span stands among the spans that are known. */
export interface Ancestry<Span extends PlacedSpan = PlacedSpan> {
  readonly runId: string | undefined;
  /** The topmost agent span of the run, itself included. */
  readonly topAgent: Span | undefined;
  /** The nearest agent span above it, itself included. */
  readonly nearestAgent: Span | undefined;
  /**
   * The nearest tool span above it, itself not included; none across a model call, whose tools are calls of their own;
   * of an agent span none, since all below it is another's work.
   */
  readonly enclosingTool: Span | undefined;
  /** The nearest model call above it, likewise: none across a tool. */
  readonly enclosingModel: Span | undefined;
  /** The highest ancestor that is known, itself included. */
  readonly localRoot: Span;
  /** Some ancestor is named and not known. */
  readonly orphaned: boolean;
}

/** Spans of which parents can be found. */
export interface Family<Span> {
  readonly spans: readonly Span[];
  parentOf(span: Span): Span | undefined;
}

/**
 * Places every span, each once, whatever the order they came in: one answer for each span, in their order. Parents that
 * form a circle are cut where the circle closes.
 */
export function resolveAncestry<Span extends PlacedSpan>(
  family: Family<Span>,
): readonly Ancestry<Span>[] {
  const { spans } = family;
  /** `null` for those that are on the way up. */
  const resolved: (Ancestry<Span> | null | undefined)[] = Array.from(
    { length: spans.length },
    () => undefined,
  );
  const way: { readonly span: Span; readonly parent: Span | undefined }[] = [];
  for (const span of spans) {
    let current: Span | undefined = span;
    while (current !== undefined && resolved[current.order] === undefined) {
      const parent: Span | undefined = family.parentOf(current);
      resolved[current.order] = null;
      way.push({ span: current, parent });
      current = parent;
    }
    for (let step = way.pop(); step !== undefined; step = way.pop()) {
      const above = step.parent === undefined ? undefined : resolved[step.parent.order];
      resolved[step.span.order] = place(step.span, step.parent, above ?? undefined);
    }
  }
  return resolved as Ancestry<Span>[];
}

function place<Span extends PlacedSpan>(
  span: Span,
  parent: Span | undefined,
  above: Ancestry<Span> | undefined,
): Ancestry<Span> {
  const runId = span.runId ?? above?.runId;
  const sameRun = above !== undefined && above.runId === runId;
  const isAgent = span.role === 'agent';
  const inside = isAgent ? undefined : above;
  const around = isAgent ? undefined : parent;
  return {
    runId,
    topAgent: (sameRun ? above.topAgent : undefined) ?? (isAgent ? span : undefined),
    nearestAgent: isAgent ? span : above?.nearestAgent,
    enclosingTool: nearest('tool', around, inside?.enclosingTool),
    enclosingModel: nearest('model', around, inside?.enclosingModel),
    localRoot: above?.localRoot ?? span,
    orphaned: above?.orphaned ?? namesParent(span),
  };
}

function nearest<Span extends PlacedSpan>(
  role: 'tool' | 'model',
  parent: Span | undefined,
  above: Span | undefined,
): Span | undefined {
  if (parent?.role === role) return parent;
  return parent?.role === 'tool' || parent?.role === 'model' ? undefined : above;
}
