const FIRST_BYTES = 64 * 1024;

/** Writes the protobuf wire format into one growing buffer, every length in the fewest bytes that hold it. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #end = 0;

  /** A nested message: `const at = writer.open(tag); …; writer.close(at)`. */
  open(tag: number): number {
    this.#reserve(2);
    this.#bytes[this.#end] = tag;
    this.#end += 2;
    return this.#end;
  }

  /** Writes the length, and moves a message that is too long for the one byte that was left for it. */
  close(start: number): void {
    const length = this.#end - start;
    if (length < 0x80) this.#bytes[start - 1] = length;
    else this.#closeWide(start, { left: 1, length });
  }

  /** Text, where it is not empty; with `always`, also then. */
  text(tag: number, text: string, always = false): void {
    if (text === '' && !always) return;
    // Most texts have a byte a character.
    const left = widthOf(text.length);
    this.#reserve(1 + left + text.length * 3);
    this.#put(tag);
    const start = this.#end + left;
    const length = this.#bytes.write(text, start, 'utf8');
    this.#end = start + length;
    if (left === 1 && length < 0x80) this.#bytes[start - 1] = length;
    else this.#closeWide(start, { left, length });
  }

  /** Bytes that are given as hexadecimal or base64 text. */
  encoded(tag: number, text: string, encoding: 'hex' | 'base64'): void {
    const start = this.open(tag);
    this.#reserve(text.length);
    this.#end += this.#bytes.write(text, this.#end, encoding);
    this.close(start);
  }

  /** An int64, a bool or an enum. */
  varint(tag: number, value: number | bigint): void {
    this.#reserve(11);
    this.#put(tag);
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.#put(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#put(Number(rest));
  }

  fixed64(tag: number, value: bigint): void {
    this.#reserve(9);
    this.#put(tag);
    this.#end = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#end);
  }

  double(tag: number, value: number): void {
    this.#reserve(9);
    this.#put(tag);
    this.#end = this.#bytes.writeDoubleLE(value, this.#end);
  }

  /** What was written, in a buffer of its own. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#end));
  }

  #closeWide(
    start: number,
    { left, length }: { readonly left: number; readonly length: number },
  ): void {
    const width = widthOf(length);
    const more = width - left;
    if (more > 0) {
      this.#reserve(more);
      this.#bytes.copyWithin(start + more, start, this.#end);
      this.#end += more;
    }
    let rest = length;
    let at = start - left;
    for (; rest >= 0x80; at += 1) {
      this.#bytes[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at] = rest;
  }

  #put(byte: number): void {
    this.#bytes[this.#end] = byte;
    this.#end += 1;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + bytes));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

/** Bytes of a length on the wire. */
function widthOf(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : 5;
}
