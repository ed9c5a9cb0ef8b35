import type { Command } from 'commander';

import { toDuration, type End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `doctor`: looks at an application and at what governs it. */
export function addDoctor(program: Command, output: Output, end: End): void {
  program
    .command('doctor')
    .description('Say what of an application is attached, doubled, mis-versioned or unenforced.')
    .option('--app <file>', 'run this entry for a while, for real, and see what it loads')
    .option('--wait <duration>', 'how long it may run, for example 30s', toDuration, 10_000)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nWithout --app, looks at what is installed for the application in this directory. With it, the application runs with\n' +
        'the instrumentation and under whatever policy governs it here, until it ends or the time is over.\n' +
        'Exit codes: 0 nothing is wrong, 1 something is, 2 called wrongly.',
    )
    .action(async ({ wait, ...options }: { wait: number; app?: string; json: boolean }) => {
      const { doctor } = await import('./commands/doctor.ts');
      end(await doctor({ ...options, waitMillis: wait }, output));
    });
}
