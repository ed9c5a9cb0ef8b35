import { stableText } from '../json/lossless-json.ts';
import type { ConvertedSpan } from './console-span.ts';

const SPANS_A_REQUEST = 500;

/** OTLP requests of converted spans, by resource and scope, with at most 500 spans each. */
export function groupSpans(spans: readonly ConvertedSpan[]): readonly unknown[] {
  const requests: unknown[] = [];
  for (let from = 0; from < spans.length; from += SPANS_A_REQUEST) {
    requests.push(requestOf(spans.slice(from, from + SPANS_A_REQUEST)));
  }
  return requests;
}

function requestOf(spans: readonly ConvertedSpan[]): unknown {
  const byResource = Map.groupBy(spans, ({ resource }) => stableText(resource));
  return {
    resourceSpans: [...byResource.values()].map((group) => ({
      resource: group[0]?.resource,
      scopeSpans: [...Map.groupBy(group, ({ scope }) => stableText(scope)).values()].map(
        (same) => ({
          scope: same[0]?.scope,
          spans: same.map(({ span }) => span),
        }),
      ),
    })),
  };
}
