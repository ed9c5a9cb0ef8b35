import { digest } from '@aftertrace/schema/canonical';

/** A tool as a model is offered it. */
export interface OfferedTool {
  readonly name: string;
  /** Of its arguments: JSON Schema. */
  readonly inputSchema?: unknown;
  readonly description?: string | undefined;
}

/**
 * The digest of a set of tools, for `toolsDigest` of `withAgent` and of `match.pinned`: SHA-256 over the RFC 8785 form of
 * names, descriptions and argument schemas in the order of the names. The same for the same tools in any order; an adapter
 * that sees what a model is offered takes it by itself.
 *
 * @throws Error for tools that have no canonical JSON: NaN, cycles, half a surrogate pair.
 * @example toolsDigest([{ name: 'refund', inputSchema: { type: 'object' } }]);
 */
export function toolsDigest(tools: readonly OfferedTool[]): string {
  const offered = tools
    .map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return digest(offered);
}
