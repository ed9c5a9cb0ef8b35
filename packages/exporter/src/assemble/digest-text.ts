import { sha256Hex } from '@aftertrace/schema';

const LEAST_BYTES = 1 << 14;
const DIGITS = Buffer.from('0123456789abcdef');
const ZERO = 0x30;

/** A text that only a digest is made of: written as bytes, piece by piece, into memory that is used again and again. */
export class DigestText {
  #bytes = Buffer.allocUnsafeSlow(LEAST_BYTES);
  #length = 0;

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > MOST_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(LEAST_BYTES);
  }

  text(text: string): void {
    this.#reserve(3 * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  /** 32 bits as 8 hexadecimal digits. */
  hex(word: number): void {
    this.#reserve(8);
    for (let shift = 28; shift >= 0; shift -= 4) {
      this.#bytes[this.#length] = DIGITS[(word >>> shift) & 0xf] as number;
      this.#length += 1;
    }
  }

  /** 32 bits as a decimal number, unsigned. */
  decimal(word: number): void {
    this.#reserve(10);
    let left = word >>> 0;
    let digits = 1;
    for (let most = 10; most <= left; most *= 10) digits += 1;
    for (let at = this.#length + digits - 1; at >= this.#length; at -= 1) {
      const tenth = Math.floor(left / 10);
      this.#bytes[at] = ZERO + (left - 10 * tenth);
      left = tenth;
    }
    this.#length += digits;
  }

  sha256(): string {
    return sha256Hex(this.#bytes.subarray(0, this.#length));
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(2 * (this.#length + bytes));
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }
}

const MOST_KEPT_BYTES = 1 << 20;
