import type { Command } from 'commander';

import { dataOption, type End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `audit`: looks after the audit log. */
export function addAudit(program: Command, output: Output, end: End): void {
  const audit = program
    .command('audit')
    .description('The audit log: who decided what, sealed and signed.');
  audit
    .command('verify')
    .description(
      'Name altered, missing, reordered and cut off entries and incidents, and evidence that never came.',
    )
    .addOption(dataOption())
    .option('--file <file>', 'a log by itself, as one that was exported')
    .option('--key <file...>', 'public keys (PEM) whose signatures count, kept out of reach')
    .option(
      '--checkpoints <file...>',
      'further files of checkpoints, kept out of reach; lines of OTLP/JSON too',
    )
    .option('--incidents <file>', 'with --file: the incidents that the log has anchors of')
    .option('--ignore-gaps', 'evidence that never came is told and is no failure', false)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nNeeds no companion and changes nothing. Without --key the keys that lie beside the log are taken: enough\n' +
        'against accidents, not against who can write there.',
    )
    .action(async (options) => {
      const { verifyAudit } = await import('./commands/audit.ts');
      end(await verifyAudit(options, output));
    });
  audit
    .command('export')
    .description(
      'Print the audit log as JSON lines, or copy it with all that a verification needs.',
    )
    .addOption(dataOption())
    .option('--out <dir>', 'copy log, checkpoints and public keys into this new directory')
    .option('--texts', 'print what people wrote, where it is still there, instead of its digest')
    .option('--type <type...>', 'print only entries of these types')
    .option('--since <time>', 'print only what came since: an age such as 2h, or a UTC time')
    .option('--until <time>', 'print only what came before: an age such as 2h, or a UTC time')
    .action(async (options) => {
      const { exportAudit } = await import('./commands/export-audit.ts');
      end(await exportAudit(options, output));
    });
}
