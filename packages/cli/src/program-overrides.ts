import type { Command } from 'commander';

import {
  actorOption,
  companionOption,
  dataOption,
  toDuration,
  type End,
} from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** What people do about decisions: `approvals`, `approve`, `reject`, `held`, `rollback`, `versions`. */
export function addOverrides(program: Command, output: Output, end: End): void {
  addApprovals(program, output, end);
  addHeld(program, output, end);
  addRollback(program, output, end);
  program
    .command('versions')
    .description('What agents ran as (version, model, prompt, tools, policy), and how runs ended.')
    .option('--agent <name>', 'only this agent')
    .addOption(dataOption())
    .option('--json', 'print JSON, with whole digests', false)
    .action(async (options) => {
      const { listVersions } = await import('./commands/versions.ts');
      end(await listVersions(options, output));
    });
}

function addApprovals(program: Command, output: Output, end: End): void {
  program
    .command('approvals')
    .description('Calls that wait for a person.')
    .addOption(companionOption())
    .option('--all', 'answered and expired ones too', false)
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listApprovals } = await import('./commands/approvals.ts');
      end(await listApprovals(options, output));
    });
  for (const decision of ['approve', 'reject'] as const) {
    const command = program
      .command(decision)
      .description(decision === 'approve' ? 'Let a waiting call run.' : 'Refuse a waiting call.')
      .argument('<approval>')
      .addOption(actorOption())
      .addOption(companionOption())
      .requiredOption('--reason <text>', 'why (required)')
      .option('--json', 'print JSON', false);
    if (decision === 'approve') {
      command.option('--arguments <json>', 'let it run with these instead, JSON or @FILE');
    }
    command.action(async (id: string, options) => {
      const { answerApproval } = await import('./commands/approvals.ts');
      end(await answerApproval({ id, decision, ...options }, output));
    });
  }
}

function addHeld(program: Command, output: Output, end: End): void {
  const held = program.command('held').description('Calls that a quarantine has refused.');
  held
    .command('list', { isDefault: true })
    .description('Those that wait for a reviewer.')
    .addOption(companionOption())
    .option('--all', 'reviewed ones too', false)
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listHeld } = await import('./commands/held.ts');
      end(await listHeld(options, output));
    });
  held
    .command('show')
    .description('One of them, with all of its arguments.')
    .argument('<call>')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (id: string, options) => {
      const { showHeld } = await import('./commands/held.ts');
      end(await showHeld(id, options, output));
    });
  for (const decision of ['release', 'discard'] as const) {
    const isRelease = decision === 'release';
    const command = held
      .command(decision)
      .description(
        isRelease
          ? 'Let one retry of this very action run; nothing runs by itself.'
          : 'Leave it refused for good.',
      )
      .argument('<call>')
      .addOption(actorOption())
      .addOption(companionOption())
      .requiredOption('--reason <text>', 'why (required)')
      .option('--json', 'print JSON', false);
    if (isRelease) {
      command.option('--ttl <duration>', 'how long the retry may take to come (15m)', toDuration);
    }
    command.action(async (id: string, options) => {
      const { reviewHeld } = await import('./commands/held.ts');
      end(await reviewHeld({ id, decision, ...options }, output));
    });
  }
}

function addRollback(program: Command, output: Output, end: End): void {
  program
    .command('rollback')
    .description('Undo what tools did in a run or a conversation, the last call first.')
    .option('--run <id>', 'of this run')
    .option('--conversation <id>', 'of every run of this conversation')
    .addOption(actorOption())
    .addOption(companionOption())
    .requiredOption('--reason <text>', 'why (required)')
    .option('--dry-run', 'say what would be undone and what cannot be', false)
    .option(
      '--confirm <effect...>',
      'undo these though it is seen outside (default: you are asked)',
    )
    .option('--confirm-all', 'undo all that can be, seen outside or not', false)
    .option('--wait <duration>', 'longest wait for its end', toDuration, 300_000)
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExit codes: 0 everything that is known is undone, 1 something is left, 4 still under way.',
    )
    .action(async (options) => {
      const { rollBack } = await import('./commands/rollback.ts');
      end(await rollBack(options, output));
    });
}
