import { Option, type Command } from 'commander';

import {
  actorOption,
  companionOption,
  toDuration,
  waitOption,
  type End,
} from './program-options.ts';
import type { Output } from './terminal/output.ts';

const KINDS = [
  ['kill', '[agent]', 'Stop an agent: its runs end, no tool and no model call goes through.'],
  ['revoke', '[tool]', 'Take a tool away from running agents.'],
  ['quarantine', '[agent]', 'Let an agent read and refuse its writes, until somebody has looked.'],
  ['retire', '[agent]', 'Stop an agent for good: only a redeployment record lifts it.'],
] as const;

/** `kill`, `revoke`, `quarantine`, `retire`, `release`, `containments`, `plans`. */
export function addContainments(program: Command, output: Output, end: End): void {
  for (const [kind, argument, what] of KINDS) {
    const command = program.command(kind).description(what).argument(argument);
    withScope(command, kind);
    if (kind !== 'retire') {
      command.option(
        '--ttl <duration>',
        'for this long, for example 15m (default: until released; a drill: 10m)',
        toDuration,
      );
    }
    command
      .addOption(actorOption())
      .addOption(companionOption())
      .requiredOption('--reason <text>', 'why (required)')
      .option('--shadow', 'record what it would stop, stop nothing', false)
      .option('--finish', 'let calls that are under way come to their end', false)
      .option(
        '--drill',
        `an exercise: it stops for real, says the time to stop, and ${kind === 'retire' ? 'stands until it is lifted' : 'ends'}`,
        false,
      )
      .addOption(waitOption())
      .option('--json', 'print JSON', false)
      .action(async (target: string | undefined, options) => {
        const { contain } = await import('./commands/contain.ts');
        end(
          await contain({ kind, ...(target === undefined ? {} : { target }), ...options }, output),
        );
      });
  }
  addRelease(program, output, end);
  addPlans(program, output, end);
}

function withScope(command: Command, kind: (typeof KINDS)[number][0]): void {
  if (kind === 'revoke') {
    command.option('--agent <name>', 'only for this agent (default: every agent)');
  } else command.option('--tool <name>', 'only for this tool');
  command
    .option('--agent-version <version>', 'only this version of it')
    .option('--run <id>', 'only this run')
    .option('--conversation <id>', 'only this conversation')
    .option('--tenant <id>', 'only for this tenant')
    .option('--capability <name>', 'only tools that can do this')
    .option('--everything', 'every agent of every process', false);
}

function addRelease(program: Command, output: Output, end: End): void {
  program
    .command('release')
    .description('Lift a containment.')
    .argument('<containment>')
    .addOption(actorOption())
    .addOption(companionOption())
    .requiredOption('--reason <text>', 'why (required)')
    .option(
      '--shadow-first',
      'first only record what it would stop; release again to end it',
      false,
    )
    .option('--ttl <duration>', 'with --shadow-first: it ends by itself after that', toDuration)
    .option('--criterion <text...>', 'retire: what was asked for and is fulfilled')
    .option('--approver <identity>', 'retire: who approves that the agent works again')
    .addOption(new Option('--version <version>', 'retire: the version that is deployed again'))
    .option('--link <url...>', 'retire: where that can be read')
    .option('--json', 'print JSON', false)
    .action(async (id: string, options) => {
      const { release } = await import('./commands/contain.ts');
      end(await release(id, options, output));
    });
  program
    .command('containments')
    .description('What is contained, and since when in each process.')
    .argument('[containment]', 'show this one')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (id: string | undefined, options) => {
      const { listContainments } = await import('./commands/contain.ts');
      end(await listContainments(id, options, output));
    });
}

function addPlans(program: Command, output: Output, end: End): void {
  const plans = program
    .command('plans')
    .description('Plans that may order containments by themselves, in the name of a person.');
  plans
    .command('list', { isDefault: true })
    .description('Which are on, and in whose name.')
    .addOption(companionOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listPlans } = await import('./commands/plans.ts');
      end(await listPlans(options, output));
    });
  for (const state of ['on', 'off'] as const) {
    plans
      .command(state)
      .description(
        state === 'on' ? 'Let a plan act in your name.' : 'Let it act no more; its orders stand.',
      )
      .argument('<plan>')
      .addOption(actorOption())
      .addOption(companionOption())
      .requiredOption('--reason <text>', 'why (required)')
      .option('--json', 'print JSON', false)
      .action(async (id: string, options) => {
        const { switchPlan } = await import('./commands/plans.ts');
        end(await switchPlan({ id, on: state === 'on', ...options }, output));
      });
  }
}
