import { openDataDir } from '../data-dir.ts';

/**
 * Child process: `node open-and-hold.ts DIR`. Says `ready`, waits for a line, opens the directory, says `opened` or
 * `in_use PID`, and holds it until its standard input ends.
 */
const [dir = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
for await (const line of process.stdin) {
  if (String(line).trim() !== 'go') continue;
  const result = await openDataDir(dir);
  process.stdout.write(result.kind === 'opened' ? 'opened\n' : `in_use ${result.owner.pid}\n`);
}
