/**
 * Frees the memory of bytes that nobody looks at any more, here and now. Left to the garbage collector, bodies are what
 * makes it run, over the whole heap of all open runs.
 *
 * Whoever still has a view of them finds it empty: never other bytes. Bytes that may share their memory with others are
 * left alone: what Node cuts from slabs is less than half of one.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength * 2 > buffer.byteLength) buffer.transfer(0);
}
