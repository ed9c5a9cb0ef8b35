import { freeMemory } from '../free-memory.ts';

/** An announced length is believed, and memory made for it, once a sixteenth has come: lies must cost their sender too. */
const MAX_BELIEVED_RATIO = 16;
/** What is smaller comes in one or two chunks. */
const MIN_ROOM_BYTES = 128 * 1024;

/** The bytes of one body as they come; chunks are used up. */
export interface BodyBytes {
  add(chunk: Buffer): void;
  /** All that came, in one piece. */
  whole(): Uint8Array;
  /** Memory that is taken up, the part that waits for its bytes included. */
  takenBytes(): number;
}

/** With an announced length each chunk is put where it belongs while the processor still has it at hand. */
export function createBodyBytes(announcedBytes: number): BodyBytes {
  let parts: Buffer[] = [];
  let room: Buffer | undefined;
  let bytes = 0;
  return {
    add(chunk) {
      const { length } = chunk;
      if (room !== undefined && bytes + length > announcedBytes) {
        parts = [room.subarray(0, bytes)];
        room = undefined;
      }
      if (room === undefined) parts.push(chunk);
      else moveTo(room, bytes, chunk);
      bytes += length;
      const isBelieved =
        announcedBytes >= MIN_ROOM_BYTES &&
        bytes < announcedBytes &&
        announcedBytes <= bytes * MAX_BELIEVED_RATIO;
      if (room !== undefined || !isBelieved) return;
      room = joined(parts, announcedBytes);
      parts = [];
    },
    whole() {
      if (room !== undefined) return room.subarray(0, bytes);
      const [first] = parts;
      // A small body arrives in one chunk; then nothing is copied.
      return parts.length === 1 && first !== undefined && isWhole(first)
        ? first
        : joined(parts, bytes);
    },
    takenBytes: () => room?.length ?? bytes,
  };
}

function joined(parts: readonly Buffer[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(bytes);
  let offset = 0;
  for (const part of parts) {
    const { length } = part;
    moveTo(whole, offset, part);
    offset += length;
  }
  return whole;
}

function moveTo(whole: Buffer, offset: number, part: Buffer): void {
  part.copy(whole, offset);
  if (isWhole(part)) freeMemory(part);
}

/** HTTP/1 gives chunks with memory of their own; HTTP/2 gives parts of what was read from the connection. */
function isWhole(chunk: Buffer): boolean {
  return chunk.byteLength === chunk.buffer.byteLength;
}
