/** A field as it stands on the wire; `children` where its bytes can be read as a message. */
interface WireField {
  readonly number: number;
  readonly type: number;
  readonly payload: Uint8Array;
  readonly children: readonly WireField[] | undefined;
}

type MessageName = keyof typeof STRUCTURE;

/** What OTLP nests: reading a text as a message would change it. By message, the fields that are messages. */
const STRUCTURE = {
  TraceRequest: { 1: 'ResourceSpans' },
  ResourceSpans: { 1: 'Resource', 2: 'ScopeSpans' },
  ScopeSpans: { 1: 'Scope', 2: 'Span' },
  Span: { 9: 'KeyValue', 11: 'Event', 13: 'Link', 15: 'Status' },
  Event: { 3: 'KeyValue' },
  Link: {},
  Status: {},
  LogsRequest: { 1: 'ResourceLogs' },
  ResourceLogs: { 1: 'Resource', 2: 'ScopeLogs' },
  ScopeLogs: { 1: 'Scope', 2: 'LogRecord' },
  LogRecord: { 5: 'AnyValue', 6: 'KeyValue' },
  Resource: { 1: 'KeyValue' },
  Scope: {},
  KeyValue: { 2: 'AnyValue' },
  AnyValue: { 5: 'ArrayValue', 6: 'KeyValueList' },
  ArrayValue: { 1: 'AnyValue' },
  KeyValueList: { 1: 'KeyValue' },
} as const;

/** What a body is. */
export type WireRequest = 'TraceRequest' | 'LogsRequest';

const LENGTH_DELIMITED = 2;

/** Another spelling of the same request, which every reader of protobuf must take. */
export function bendWire(body: Uint8Array, type: WireRequest, random: () => number): Uint8Array {
  return write(fieldsOf(body, type), {
    order: (fields) => (random() < 0.5 ? shuffled(fields, random) : fields),
    before: () => (random() < 0.2 ? unknownField(random) : new Uint8Array()),
    padding: () => (random() < 0.1 ? 1 + Math.floor(random() * 3) : 0),
  });
}

/** A request with something wrong in its structure, so deep inside as chance will have it. */
export function breakWire(body: Uint8Array, type: WireRequest, random: () => number): Uint8Array {
  const bent = Buffer.from(bendWire(body, type, random));
  if (bent.length === 0) return Buffer.from([Math.floor(random() * 256)]);
  const at = Math.floor(random() * bent.length);
  const other = Math.floor(random() * bent.length);
  switch (Math.floor(random() * 7)) {
    case 0:
      bent[at] = Math.floor(random() * 256);
      return bent;
    case 1:
      return bent.subarray(0, at);
    case 2:
      return Buffer.concat([bent.subarray(0, at), bent.subarray(other)]);
    case 3:
      return Buffer.concat([
        bent.subarray(0, at),
        Buffer.alloc(1 + Math.floor(random() * 12), 0xff),
        bent.subarray(at),
      ]);
    case 4:
      return nestedGroups(1 + Math.floor(random() * 5_000), bent);
    case 5:
      return nestedLists(1 + Math.floor(random() * 5_000));
    default:
      bent[at] = (bent[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      bent[other] = 0x80;
      return bent;
  }
}

interface Writing {
  readonly order: (fields: readonly WireField[]) => readonly WireField[];
  readonly before: () => Uint8Array;
  /** Bytes by which a varint is longer than it need be. */
  readonly padding: () => number;
}

function write(fields: readonly WireField[], writing: Writing): Uint8Array {
  return Buffer.concat(
    writing.order(fields).flatMap(({ number, type, payload, children }) => {
      const body = children === undefined ? payload : write(children, writing);
      const tag = varint(number * 8 + type, writing.padding());
      const length = type === LENGTH_DELIMITED ? [varint(body.length, writing.padding())] : [];
      return [writing.before(), tag, ...length, body];
    }),
  );
}

function fieldsOf(body: Uint8Array, message: MessageName): readonly WireField[] {
  const nested: Readonly<Record<number, MessageName>> = STRUCTURE[message];
  const fields: WireField[] = [];
  let offset = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = body[offset] ?? 0;
      offset += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (offset < body.length) {
    const tag = next();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    const start = offset;
    if (type === LENGTH_DELIMITED) {
      const length = next();
      const payload = body.subarray(offset, offset + length);
      offset += length;
      const below = nested[number];
      const children = below === undefined ? undefined : fieldsOf(payload, below);
      fields.push({ number, type, payload, children });
      continue;
    }
    if (type === 0) next();
    else offset += type === 1 ? 8 : 4;
    fields.push({ number, type, payload: body.subarray(start, offset), children: undefined });
  }
  return fields;
}

function varint(value: number, padding = 0): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  for (let index = 0; index < padding && bytes.length < 5; index += 1) {
    bytes.push((bytes.pop() ?? 0) | 0x80, 0);
  }
  return Uint8Array.from(bytes);
}

function unknownField(random: () => number): Uint8Array {
  const number = 1_000 + Math.floor(random() * 1_000_000);
  const bytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const type = [0, 1, 2, 3, 5][Math.floor(random() * 5)] ?? 0;
  const head = varint(number * 8 + type);
  if (type === 0) return Buffer.concat([head, varint(Math.floor(random() * 2 ** 50))]);
  if (type === 1) return Buffer.concat([head, bytes(8)]);
  if (type === 5) return Buffer.concat([head, bytes(4)]);
  if (type === 3) return Buffer.concat([head, unknownField(random), varint(number * 8 + 4)]);
  const payload = bytes(Math.floor(random() * 300));
  return Buffer.concat([head, varint(payload.length), payload]);
}

function nestedGroups(depth: number, body: Uint8Array): Uint8Array {
  const [open, close] = [varint(900 * 8 + 3), varint(900 * 8 + 4)];
  return Buffer.concat([
    Buffer.alloc(depth * open.length, open),
    Buffer.alloc(depth * close.length, close),
    body,
  ]);
}

/** A span with an attribute that is a list of a list of a list. */
function nestedLists(depth: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  const wrap = (number: number): void => {
    const head = Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(size)]);
    parts.push(head);
    size += head.length;
  };
  for (let level = 0; level < depth; level += 1) {
    wrap(1);
    wrap(5);
  }
  for (const number of [2, 9, 2, 2, 1]) wrap(number);
  return Buffer.concat(parts.toReversed());
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
