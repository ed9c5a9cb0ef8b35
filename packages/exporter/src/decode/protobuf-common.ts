import { KnownParts } from './known-parts.ts';
import { readAttribute, type ProtobufInput } from './protobuf-value.ts';
import { createRejections } from './rejections.ts';
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
  let resource = NO_RESOURCE;
  const scopes: number[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) resource = merged(resource, readResource(input));
    else if (tag === 0x12) scopes.push(skipped(input, tag));
    else reader.skip(tag);
  }
  return { resource, scopes };
}

/** As {@link readResourceEnvelope}, one level down. */
export function readScopeEnvelope(input: ProtobufInput): ScopeEnvelope {
  const { reader } = input;
  let scope = NO_SCOPE;
  const items: number[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 0x0a) scope = readScope(input, scope);
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

const NO_SCOPE: TelemetryScope = { name: '', version: '' };
const NO_RESOURCE: TelemetryResource = { attributes: new Map() };
const knownResources = new KnownParts<TelemetryResource>();
const knownScopes = new KnownParts<TelemetryScope>();

/** A message that comes twice is merged, as protobuf says. */
function merged(resource: TelemetryResource, next: TelemetryResource): TelemetryResource {
  if (resource.attributes.size === 0) return next;
  return { attributes: new Map([...resource.attributes, ...next.attributes]) };
}

function readResource({ reader, rejections }: ProtobufInput): TelemetryResource {
  const outer = reader.enter();
  const place = { start: reader.position, end: reader.limit };
  const resource = knownResources.of(reader.bytes, place, () => {
    const attributes = new Map<string, TelemetryValue>();
    const left = createRejections();
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 0x0a) readAttribute({ reader, rejections: left }, attributes);
      else reader.skip(tag);
    }
    const { reasons } = left.result();
    for (const reason of reasons) rejections.warn(reason);
    // What was left out of it has to be said each time.
    return { part: { attributes }, isPassing: reasons.length > 0 };
  });
  reader.leave(outer);
  return resource;
}

function readScope({ reader }: ProtobufInput, before: TelemetryScope): TelemetryScope {
  const outer = reader.enter();
  const place = { start: reader.position, end: reader.limit };
  const scope = knownScopes.of(reader.bytes, place, () => {
    let { name, version } = NO_SCOPE;
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 0x0a) name = reader.string();
      else if (tag === 0x12) version = reader.string();
      else reader.skip(tag);
    }
    return { part: { name, version }, isPassing: false };
  });
  reader.leave(outer);
  if (before === NO_SCOPE) return scope;
  return { name: scope.name || before.name, version: scope.version || before.version };
}
