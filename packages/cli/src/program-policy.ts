import { Option, type Command } from 'commander';

import {
  actorOption,
  companionOption,
  dataOption,
  toCount,
  waitOption,
  type End,
} from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `policy` and `keygen`: what agents may do, by whom it was written, and since when. */
export function addPolicy(program: Command, output: Output, end: End): void {
  const policy = program
    .command('policy')
    .description('Policy bundles: check, test, sign, publish, roll back, compare, explain.');
  addWriting(policy, output, end);
  addPublishing(policy, output, end);
  addAsking(policy, output, end);
  program
    .command('keygen')
    .description('Make an Ed25519 key pair: NAME.key.pem signs, NAME.pub.pem checks.')
    .argument('<name>')
    .option('--json', 'print JSON', false)
    .action(async (name: string, options) => {
      const { generateKey } = await import('./commands/keygen.ts');
      end(await generateKey(name, options, output));
    });
}

function addWriting(policy: Command, output: Output, end: End): void {
  policy
    .command('check')
    .description("Check a bundle and run its rules' own tests.")
    .argument('<path>', 'a file, or a directory of files that are one bundle')
    .option('--strict', 'rules that can never decide anything are errors, too', false)
    .option('--keys <file>', 'it has to be signed with one of these public keys')
    .option('--json', 'print JSON', false)
    .action(async (source: string, options) => {
      const { checkPolicy } = await import('./commands/policy.ts');
      end(await checkPolicy(source, options, output));
    });
  policy
    .command('test')
    .description("Run the rules' own tests one by one, and say which rules have none.")
    .argument('<path>')
    .option('--json', 'print JSON', false)
    .action(async (source: string, options) => {
      const { testPolicy } = await import('./commands/policy.ts');
      end(await testPolicy(source, options, output));
    });
  policy
    .command('sign')
    .description('Sign a bundle: of a file a signed copy, in a directory signatures.json.')
    .argument('<path>')
    .addOption(keyOption())
    .option('--revision <number>', 'sign a file as this revision', toCount)
    .option('--out <file>', 'write here (default: NAME.signed.json beside it)')
    .option('--json', 'print JSON', false)
    .action(async (source: string, options) => {
      const { signPolicy } = await import('./commands/policy-sign.ts');
      end(await signPolicy(source, options, output));
    });
  policy
    .command('schema')
    .description('Print the JSON Schema of a bundle, for editors.')
    .action(async () => {
      const { printPolicySchema } = await import('./commands/policy.ts');
      end(printPolicySchema(output));
    });
}

function addPublishing(policy: Command, output: Output, end: End): void {
  withPublishing(policy.command('publish'))
    .description('Publish a bundle; connected agents take it over at once.')
    .argument('<path>')
    .action(async (source: string, options) => {
      const { publishPolicy } = await import('./commands/policy-publish.ts');
      end(await publishPolicy(source, options, output));
    });
  withPublishing(policy.command('rollback'))
    .description('Publish the content of an earlier revision as a new one.')
    .option('--to <revision>', 'which (default: the one before the one in force)', toCount)
    .option('--propose', 'leave it to another person to approve', false)
    .action(async (options) => {
      const { rollBackPolicy } = await import('./commands/policy-publish.ts');
      end(await rollBackPolicy(options, output));
    });
  addProposing(policy, output, end);
  policy
    .command('log')
    .description('Every revision that was published, by whom and why.')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listRevisions } = await import('./commands/policy-diff.ts');
      end(await listRevisions(options, output));
    });
}

/** Two persons: one proposes, another one approves or rejects. */
function addProposing(policy: Command, output: Output, end: End): void {
  withOrder(policy.command('propose'))
    .description('Hand a bundle over for another person to approve.')
    .argument('<path>')
    .addOption(keyOption())
    .action(async (source: string, options) => {
      const { publishPolicy } = await import('./commands/policy-publish.ts');
      end(await publishPolicy(source, { ...options, propose: true }, output));
    });
  withOrder(policy.command('approve'))
    .description('Publish what another person has proposed.')
    .argument('<proposal>', 'its id')
    .option(
      '--onto <revision>',
      'the revision in force that it replaces, where it was proposed for another one',
      toCount,
    )
    .addOption(waitOption())
    .action(async (id: string, options) => {
      const { approvePolicy } = await import('./commands/policy-proposals.ts');
      end(await approvePolicy(id, options, output));
    });
  withOrder(policy.command('reject'))
    .description('Let go of what was proposed.')
    .argument('<proposal>', 'its id')
    .action(async (id: string, options) => {
      const { rejectPolicy } = await import('./commands/policy-proposals.ts');
      end(await rejectPolicy(id, options, output));
    });
  policy
    .command('proposals')
    .description('The bundles that wait for approval, or what one of them would change.')
    .argument('[proposal]', 'its id')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (id: string | undefined, options) => {
      const { listProposals } = await import('./commands/policy-proposals.ts');
      end(await listProposals(id, options, output));
    });
}

function addAsking(policy: Command, output: Output, end: End): void {
  const bundles = '\nBundles are files, directories, @current, or @ and a revision such as @7.';
  policy
    .command('diff')
    .description('Say what changes between two bundles, rule by rule.')
    .argument('<before>')
    .argument('[after]', 'default: @current')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .addHelpText('after', bundles)
    .action(async (before: string, after: string | undefined, options) => {
      const { diffPolicies } = await import('./commands/policy-diff.ts');
      end(await diffPolicies({ before, after: after ?? '@current' }, options, output));
    });
  policy
    .command('explain')
    .description('Say what a call would be told, and which conditions of which rules hold for it.')
    .argument('<bundle>')
    .option('--tool <name>', 'the tool that is called')
    .option('--agent <name>', 'the agent that calls it')
    .option('--arguments <json>', 'its arguments, or @FILE (default {})')
    .option('--result <json>', 'what it returned, or @FILE')
    .option('--given <json>', 'what happened before, as in a test of a rule, or @FILE')
    .option('--call <json>', "a whole call, as in a rule's test, or @FILE")
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .addHelpText('after', bundles)
    .action(async (bundle: string, options) => {
      const { explainPolicy } = await import('./commands/policy-explain.ts');
      end(await explainPolicy(bundle, options, output));
    });
  policy
    .command('backtest')
    .description('Say what a bundle would have stopped in the recorded runs, good ones too.')
    .argument('<path>')
    .addOption(dataOption())
    .option('--json', 'print JSON', false)
    .action(async (file: string, options) => {
      const { backtestPolicy } = await import('./commands/backtest.ts');
      end(await backtestPolicy(file, options, output));
    });
}

function keyOption(): Option {
  return new Option('--key <file>', 'private key to sign with (or $AFTERTRACE_SIGNING_KEY)');
}

function withPublishing(command: Command): Command {
  return withOrder(command).addOption(keyOption()).addOption(waitOption());
}

function withOrder(command: Command): Command {
  return command
    .addOption(actorOption())
    .addOption(companionOption())
    .requiredOption('--reason <text>', 'why (required)')
    .option('--json', 'print JSON', false);
}
