const HEX = Array.from({ length: 0x1_0000 }, (_, word) => word.toString(16).padStart(4, '0'));

/** 64 bits, in two halves, as 16 hexadecimal digits. */
export function hexOfWords(high: number, low: number): string {
  return `${HEX[high >>> 16]}${HEX[high & 0xffff]}${HEX[low >>> 16]}${HEX[low & 0xffff]}`;
}
