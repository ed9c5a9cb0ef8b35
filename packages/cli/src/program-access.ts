import { Option, type Command } from 'commander';

import { actorOption, companionOption, toDuration, type End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `token`: who may come in to the companion, and as what. */
export function addAccess(program: Command, output: Output, end: End): void {
  const token = program
    .command('token')
    .description('Tokens: who may come in to the companion, and as what.');
  addCreate(token, output, end);
  withOrder(token.command('rotate'))
    .description('Give a token a new secret, and print that.')
    .argument('<token>', 'its id')
    .option('--grace <duration>', 'take the secret of before for this long too', toDuration)
    .option('--ttl <duration>', 'valid for this long from now (default: as before)', toDuration)
    .action(async (id: string, options) => {
      const { rotateToken } = await import('./commands/token.ts');
      end(await rotateToken(id, options, output));
    });
  withOrder(token.command('revoke'))
    .description('End a token: it lets nobody in from now on, and what is open with it is closed.')
    .argument('<token>', 'its id')
    .action(async (id: string, options) => {
      const { revokeToken } = await import('./commands/token.ts');
      end(await revokeToken(id, options, output));
    });
  token
    .command('list', { isDefault: true })
    .description('The tokens there are, without their secrets.')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listTokens } = await import('./commands/token.ts');
      end(await listTokens(options, output));
    });
}

function addCreate(token: Command, output: Output, end: End): void {
  withOrder(token.command('create'))
    .description('Make a token and print its secret, which is shown this once.')
    .addOption(
      new Option('--role <role>', 'what its holder may do')
        .choices(['ingest', 'agent', 'responder', 'admin'])
        .makeOptionMandatory(),
    )
    .requiredOption('--name <text>', 'what it is for, for example "checkout agents"')
    .option('--for <identity>', 'bind it to a person: its holder acts as nobody else')
    .option('--title <role>', 'with --for: what that person is, as rules name approvers')
    .option('--agent <name...>', 'bind it to agents: its holder speaks for no other (role agent)')
    .option(
      '--ttl <duration>',
      'valid for this long, for example 90d (default: until revoked)',
      toDuration,
    )
    .addHelpText(
      'after',
      '\ningest sends telemetry; agent is governed too; responder reads, contains, releases and answers; admin does\n' +
        'everything. The secret goes to standard output: aftertrace token create … > FILE, with umask 077.',
    )
    .action(async (options) => {
      const { createToken } = await import('./commands/token.ts');
      end(await createToken(options, output));
    });
}

function withOrder(command: Command): Command {
  return command
    .addOption(actorOption())
    .addOption(companionOption())
    .requiredOption('--reason <text>', 'why (required)')
    .option('--json', 'print JSON', false);
}
