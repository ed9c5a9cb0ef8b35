import { Option, type Command } from 'commander';

import { dataOption, type End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `data`: looks after a data directory. */
export function addData(program: Command, output: Output, end: End): void {
  const data = program
    .command('data')
    .description('The data directory: check, backup, erase, hold.');
  data
    .command('check')
    .description('Read everything and say what is wrong; writes nothing.')
    .addOption(dataOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { checkData } = await import('./commands/data.ts');
      end(await checkData(options, output));
    });
  data
    .command('backup')
    .description('Copy the data directory, also while a companion runs, and check the copy.')
    .argument('<dir>', 'a new or empty directory')
    .addOption(dataOption())
    .addOption(
      new Option(
        '--keys-to <dir>',
        'copy private keys, keys of values and tokens into another one',
      ),
    )
    .addOption(
      new Option('--without-keys', 'leave private keys, keys of values and tokens out').conflicts(
        'keysTo',
      ),
    )
    .option('--json', 'print JSON', false)
    .action(async (target: string, options) => {
      const { backupData } = await import('./commands/data.ts');
      end(await backupData(target, options, output));
    });
  withOrder(data.command('erase'))
    .description('Erase the runs of a conversation or a person, and note it in the audit log.')
    .requiredOption('--subject <subject>', 'conversation:ID, person:ID or run:ID')
    .action(async (options) => {
      const { eraseData } = await import('./commands/data.ts');
      end(await eraseData(options, output));
    });
  addHolds(data.command('hold'), output, end);
}

function addHolds(hold: Command, output: Output, end: End): void {
  hold.description('Legal holds: what they cover is neither let go of nor erased.');
  withOrder(hold.command('add'))
    .description('Order a hold.')
    .option('--run <trajectory...>', 'these runs')
    .option('--conversation <id>', 'every run of this conversation, those to come too')
    .option('--from <time>', 'runs that went on since, ISO 8601')
    .option('--until <time>', 'runs that went on before, ISO 8601')
    .action(async (options) => {
      const { addHold } = await import('./commands/data.ts');
      end(await addHold(options, output));
    });
  hold
    .command('list', { isDefault: true })
    .description('The holds in force.')
    .addOption(dataOption())
    .option('--json', 'print one JSON object a hold', false)
    .action(async (options) => {
      const { listHolds } = await import('./commands/data.ts');
      end(await listHolds(options, output));
    });
  withOrder(hold.command('release'))
    .description('Lift a hold.')
    .argument('<hold>')
    .action(async (id: string, options) => {
      const { releaseHold } = await import('./commands/data.ts');
      end(await releaseHold(id, options, output));
    });
}

function withOrder(command: Command): Command {
  return command
    .addOption(dataOption())
    .addOption(
      new Option('--by <identity>', 'who orders it (required)')
        .env('AFTERTRACE_ACTOR')
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'why (required)')
    .option('--json', 'print JSON', false);
}
