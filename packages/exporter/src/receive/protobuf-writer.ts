/** A varint field for a non-negative integer; 0 is written as nothing, as proto3 does. */
export function encodeVarint(field: number, value: number): Uint8Array {
  return value === 0
    ? new Uint8Array()
    : Uint8Array.from([...varint(field << 3), ...varint(value)]);
}

/** A string field; the empty string is written as nothing. */
export function encodeString(field: number, text: string): Uint8Array {
  return text === '' ? new Uint8Array() : encodeMessage(field, Buffer.from(text));
}

/** A length-delimited field: a message of encoded fields, or bytes. */
export function encodeMessage(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const head = Uint8Array.from([...varint((field << 3) | 2), ...varint(body.length)]);
  return Buffer.concat([head, body]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}
