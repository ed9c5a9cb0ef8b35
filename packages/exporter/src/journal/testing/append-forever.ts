import { createJournal } from '../journal.ts';

/**
 * Child process: `node append-forever.ts DIR PREFIX [KEY]`, the key in hexadecimal digits. Eight writers append as fast as they can; the number of each
 * record goes to standard output after it was acknowledged. Runs until it is killed.
 */
const [dir = '', prefix = '', key = ''] = process.argv.slice(2);
const encryption = key === '' ? {} : { encryption: { key: Buffer.from(key, 'hex') } };
const journal = createJournal({ dir, segmentMaxBytes: 64 * 1024, ...encryption });
await journal.start();

let next = 0;
async function write(): Promise<never> {
  for (;;) {
    const id = `${prefix}-${next}`;
    next += 1;
    // Sizes differ, so that the kill finds writes of all kinds under way.
    const body = Buffer.from(`${id} ${'x'.repeat((next * 997) % 9000)}`);
    await journal.append({
      signal: 'traces',
      encoding: 'protobuf',
      contentEncoding: 'identity',
      receivedAt: next,
      body,
    });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, write));
