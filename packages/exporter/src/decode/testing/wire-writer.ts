/** Bytes of a varint. */
export function varint(value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** Bytes of a field's tag. */
export function tag(field: number, wireType: number): Uint8Array {
  return varint((BigInt(field) << 3n) | BigInt(wireType));
}

/** A length-delimited field: a message, a string or bytes. */
export function delimited(field: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const body = join(...parts);
  return join(tag(field, 2), varint(body.length), body);
}

/** The parts behind each other. */
export function join(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}
