import { Command, Option } from 'commander';

import { addAccess } from './program-access.ts';
import { addAudit } from './program-audit.ts';
import { addCollector } from './program-collector.ts';
import { addConfig, addRunning } from './program-companion.ts';
import { addContainments } from './program-controls.ts';
import { addData } from './program-data.ts';
import { addDoctor } from './program-doctor.ts';
import { addHook } from './program-hook.ts';
import { addPolicy } from './program-policy.ts';
import { addOverrides } from './program-overrides.ts';
import {
  actorOption,
  companionOption,
  configOption,
  dataOption,
  setOption,
  toCount,
  withRecording,
  type End,
} from './program-options.ts';
import type { Output } from './terminal/output.ts';
import { VERSION } from './version.ts';

/**
 * The command line, as a tree of subcommands. Their code is loaded when one runs: `--help` loads none of it.
 */
export function createProgram(output: Output, end: End): Command {
  const program = new Command('aftertrace')
    .description('The flight recorder, the brake and the accident board for AI agents on Node.')
    .version(VERSION)
    .configureOutput({
      writeOut: (text) => output.out(text.trimEnd()),
      writeErr: (text) => output.err(text.trimEnd()),
    })
    .configureHelp({ showGlobalOptions: false })
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 not done, 2 called wrongly, 3 no companion, 4 ordered but not in force everywhere, 5 ordered and nobody there to enforce it.',
    );
  addRunning(program, output, end);
  addConfig(program, output, end);
  addCollector(program, output, end);
  addDoctor(program, output, end);
  addHook(program, output, end);
  addDetect(program, output, end);
  addRecords(program, output, end);
  addTrajectories(program, output, end);
  addData(program, output, end);
  addReview(program, output, end);
  addAudit(program, output, end);
  addPolicy(program, output, end);
  addContainments(program, output, end);
  addAccess(program, output, end);
  addOverrides(program, output, end);
  const required = new Map<Command, readonly Option[]>();
  for (const command of allCommands(program)) {
    inheritSettings(command, program);
    required.set(command, takeRequired(command));
  }
  program.hook('preAction', (_program, command) => {
    for (const option of required.get(command) ?? []) demand(command, option);
  });
  return program;
}

/** Asked for after everything else: a word that is wrong is told before one that is missing. */
function takeRequired(command: Command): readonly Option[] {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.mandatory = false;
  return required;
}

function demand(command: Command, option: Option): void {
  if (command.getOptionValue(option.attributeName()) !== undefined) return;
  command.error(`error: required option '${option.flags}' not specified`, {
    code: 'commander.missingMandatoryOptionValue',
  });
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...allCommands(child)]);
}

function inheritSettings(command: Command, program: Command): void {
  command.copyInheritedSettings(program);
  if (command.commands.length > 0) command.action(() => command.help({ error: true }));
}

function addRecords(program: Command, output: Output, end: End): void {
  const ingesting = program
    .command('ingest')
    .description('Feed recorded telemetry (OTLP JSON, console exporter JSON) through the pipeline.')
    .argument('<file...>')
    .option('--data <dir>', 'data directory (default .aftertrace, or $AFTERTRACE_DATA)')
    .option('--json', 'print one JSON object a file', false);
  withRecording(ingesting)
    .addHelpText(
      'after',
      '\nThrough the companion that has the directory open, with its settings, where one runs.',
    )
    .action(async (files: string[], { json, config, profiles, ...flags }) => {
      const { ingest } = await import('./commands/ingest.ts');
      end(await ingest(files, { json, config, profiles, flags }, output));
    });
  const incidents = program
    .command('incidents')
    .description('What went wrong, gathered by fingerprint.');
  incidents
    .command('list', { isDefault: true })
    .description('List incidents, newest first.')
    .addOption(dataOption())
    .option('--state <state...>', 'only these states')
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listIncidents } = await import('./commands/incidents.ts');
      end(await listIncidents(options, output));
    });
  incidents
    .command('show')
    .description('Show one incident.')
    .argument('<incident>')
    .addOption(dataOption())
    .option('--json', 'print JSON', false)
    .action(async (id: string, options) => {
      const { showIncident } = await import('./commands/incidents.ts');
      end(await showIncident(id, options, output));
    });
  incidents
    .command('move')
    .description('Move an incident to another state.')
    .argument('<incident>')
    .argument('<state>')
    .addOption(actorOption())
    .addOption(companionOption())
    .requiredOption('--reason <text>', 'why (required)')
    .addOption(
      new Option('--sign-off <actions>', 'for "closed": how the corrective actions stand').choices([
        'verified',
        'risk_accepted',
      ]),
    )
    .action(async (id: string, state: string, options) => {
      const { moveIncident } = await import('./commands/incidents.ts');
      end(await moveIncident({ id, state, ...options }, output));
    });
}

function addTrajectories(program: Command, output: Output, end: End): void {
  const trajectories = program
    .command('trajectories')
    .description('The runs of agents that have been recorded.');
  withFilters(trajectories.command('list', { isDefault: true }))
    .description('List runs, newest first.')
    .addOption(dataOption())
    .option('--limit <count>', 'at most so many; 0 for all', toCount, 50)
    .option('--json', 'print one JSON object a run', false)
    .action(async (options) => {
      const { listRuns } = await import('./commands/trajectories.ts');
      end(await listRuns(options, output));
    });
  trajectories
    .command('show')
    .description('Show a run step by step.')
    .argument('<trajectory>', 'its id, or how it starts; or the id of one of its traces')
    .addOption(dataOption())
    .option('--full', 'show texts whole', false)
    .option('--json', 'print the line as JSON, with its large texts', false)
    .action(async (id: string, options) => {
      const { showRun } = await import('./commands/trajectories.ts');
      end(await showRun(id, options, output));
    });
  withFilters(trajectories.command('stats'))
    .description('Count runs by outcome, agent and failure.')
    .addOption(dataOption())
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { countRuns } = await import('./commands/trajectories.ts');
      end(await countRuns(options, output));
    });
  withFilters(trajectories.command('tail'))
    .description('Show the last runs, and with -f those to come.')
    .addOption(dataOption())
    .option('-n, --lines <count>', 'how many of those that are there', toCount, 10)
    .option('-f, --follow', 'go on with new ones until stopped', false)
    .option('--json', 'print one JSON object a run', false)
    .action(async (options) => {
      const { tailRuns } = await import('./commands/trajectories.ts');
      end(await tailRuns(options, output));
    });
  addCompaction(trajectories, output, end);
}

function addCompaction(trajectories: Command, output: Output, end: End): void {
  trajectories
    .command('compact')
    .description('Drop lines that later revisions of their runs have superseded.')
    .option('--data <dir>', 'data directory (default .aftertrace, or $AFTERTRACE_DATA)')
    .option('--dry-run', 'say what would be dropped and change nothing', false)
    .option('--json', 'print JSON', false)
    .addOption(configOption())
    .addOption(setOption())
    .addHelpText(
      'after',
      '\nKept: every revision of what a legal hold covers, and what is below files.retention.minAgeMillis.\n' +
        'Through the companion that has the directory open, with its settings, where one runs.',
    )
    .action(async ({ json, dryRun, config, ...flags }) => {
      const { compactTrajectories } = await import('./commands/compact.ts');
      end(await compactTrajectories({ json, dryRun, config, flags }, output));
    });
}

function withFilters(command: Command): Command {
  return command
    .option('--outcome <outcome...>', 'only runs that ended so')
    .option('--agent <name>', 'only runs of this agent')
    .option('--tool <name>', 'only runs in which this tool failed')
    .option('--class <class>', 'only runs in which something failed so')
    .option('--since <time>', 'ended since: an age such as 2h, or a UTC time')
    .option('--until <time>', 'ended before: an age such as 2h, or a UTC time')
    .option('--conversation <id>', 'only runs of this conversation');
}

function addDetect(program: Command, output: Output, end: End): void {
  program
    .command('detect')
    .description('Say which calls of a log of tool calls failed: JSON lines in, JSON lines out.')
    .argument(
      '<file>',
      'lines {id, tool, arguments, result, is_error_flag?, extra.exit_code?}; - for standard input',
    )
    .option('--out <file>', 'write the verdicts here, whole or not at all (default: to the output)')
    .option('--profile <file>', 'tool profiles of your own (JSON), asked before the shipped ones')
    .option('--explain <id>', 'say why, for this call only')
    .option('--hermes', "judge by hermes-agent's rules, to compare", false)
    .option('--ignore-flag', 'leave is_error_flag out of account', false)
    .option('--json', 'print counts, or the explanation, as JSON', false)
    .addHelpText(
      'after',
      '\nVerdicts are lines {id, failed, outcome, certainty, channel, class, rule}. failed is true where the call did ' +
        'not do what\nwas asked: its outcome is failed, denied (refused by a person or a policy) or cancelled. Empty ' +
        'answers are answers.',
    )
    .action(async (file: string, options) => {
      const { detect } = await import('./commands/detect.ts');
      end(await detect(file, options, output));
    });
}

function addReview(program: Command, output: Output, end: End): void {
  program
    .command('review')
    .description('Write the review of an incident: Markdown and JSON.')
    .argument('<incident>')
    .addOption(dataOption())
    .option('--out <dir>', 'write here (default: <data>/reviews)')
    .option('--json', 'print where it is as JSON', false)
    .action(async (id: string, options) => {
      const { review } = await import('./commands/review.ts');
      end(await review(id, options, output));
    });
}
