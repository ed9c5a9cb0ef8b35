/** Prints what it is before and after it collects alone, with as many processors as its argument says. */
import { collectAlone } from '../../collect-alone.ts';

const state = (): string =>
  JSON.stringify({
    pid: process.pid,
    execArgv: process.execArgv,
    argv: process.argv.slice(2),
    word: process.env['WORD'],
  });
process.stdout.write(`${state()}\n`);
collectAlone(Number(process.argv[2]));
process.stdout.write('done\n');
