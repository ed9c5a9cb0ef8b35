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
      'Name altered, missing, reordered and cut off entries, and evidence that never came.',
    )
    .addOption(dataOption())
    .option('--file <file>', 'a log by itself, as one that was exported')
    .option('--key <file...>', 'public keys (PEM) whose signatures count, kept out of reach')
    .option('--checkpoints <file...>', 'further files of checkpoints, kept out of reach')
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
}
