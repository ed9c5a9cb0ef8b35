import { readAttribute, type ProtobufInput } from './protobuf-value.ts';
import type { TelemetryResource, TelemetryScope, TelemetryValue } from './telemetry.ts';

/** The pieces of a `ResourceSpans` or `ResourceLogs` message: its resource, and where its scopes are. */
export interface ResourceEnvelope {
  readonly resource: TelemetryResource;
  readonly scopes: readonly number[];
}

/** The pieces of a `ScopeSpans` or `ScopeLogs` message: its scope, and where its spans or records are. */
export interface ScopeEnvelope {
  readonly scope: TelemetryScope;
  readonly items: readonly number[];
}

/**
 * Both envelopes are read in two looks, since fields may come in any order and a span needs the resource that may
 * stand behind it. The positions are those of `WireReader.revisit`, and valid until the message is left.
 */
export function readResourceEnvelope(input: ProtobufInput): ResourceEnvelope {
  const { reader } = input;
  const attributes = new Map<string, TelemetryValue>();
  const scopes: number[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readResource(input, attributes);
    else if (tag === 0x12) scopes.push(skipped(input, tag));
    else reader.skip(tag);
  }
  return { resource: { attributes }, scopes };
}

/** As {@link readResourceEnvelope}, one level down. */
export function readScopeEnvelope(input: ProtobufInput): ScopeEnvelope {
  const { reader } = input;
  const scope = { name: '', version: '' };
  const items: number[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readScope(input, scope);
    else if (tag === 0x12) items.push(skipped(input, tag));
    else reader.skip(tag);
  }
  return { scope, items };
}

function skipped({ reader }: ProtobufInput, tag: number): number {
  const position = reader.position;
  reader.skip(tag);
  return position;
}

/** A message that comes twice is merged, as protobuf says. */
function readResource(input: ProtobufInput, attributes: Map<string, TelemetryValue>): void {
  const { reader } = input;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) readAttribute(input, attributes);
    else reader.skip(tag);
  }
  reader.leave(outer);
}

function readScope({ reader }: ProtobufInput, scope: { name: string; version: string }): void {
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) scope.name = reader.string();
    else if (tag === 0x12) scope.version = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
}
