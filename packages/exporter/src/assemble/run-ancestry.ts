import type { PlacedSpan } from './placed-span.ts';
import type { Ancestry } from './resolve-ancestry.ts';

/** As {@link Ancestry}, the spans by their keys. */
export interface AncestryByKey {
  readonly topAgent: string | undefined;
  readonly nearestAgent: string | undefined;
  readonly enclosingTool: string | undefined;
  readonly enclosingModel: string | undefined;
}

/** Where the spans stand that a run was found among: its own, and those of other runs in its traces. */
export class RunAncestry {
  readonly #spans: readonly PlacedSpan[];
  readonly #ancestry: readonly Ancestry[];
  #byKey: Map<string, AncestryByKey> | undefined;

  /** One ancestry for each span. */
  constructor(spans: readonly PlacedSpan[], ancestry: readonly Ancestry[]) {
    this.#spans = spans;
    this.#ancestry = ancestry;
  }

  of(span: PlacedSpan): Ancestry {
    const ancestry = this.#ancestry[span.order];
    if (ancestry === undefined) throw new Error('the span is of another set');
    return ancestry;
  }

  has(key: string): boolean {
    return this.#keyed().has(key);
  }

  get(key: string): AncestryByKey | undefined {
    return this.#keyed().get(key);
  }

  #keyed(): ReadonlyMap<string, AncestryByKey> {
    this.#byKey ??= new Map(this.#spans.map((span) => [span.key, byKey(this.of(span))]));
    return this.#byKey;
  }
}

function byKey({ topAgent, nearestAgent, enclosingTool, enclosingModel }: Ancestry): AncestryByKey {
  return {
    topAgent: topAgent?.key,
    nearestAgent: nearestAgent?.key,
    enclosingTool: enclosingTool?.key,
    enclosingModel: enclosingModel?.key,
  };
}
