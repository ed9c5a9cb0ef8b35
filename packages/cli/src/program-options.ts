import { InvalidArgumentError, Option, type Command } from 'commander';

import { parseAddress } from './parse-address.ts';
import { parseDuration } from './parse-duration.ts';

/** Told with which exit code a command ended. */
export type End = (code: number) => void;

/** The one default of every command that reads or writes a data directory. */
const DEFAULT_DATA = '.aftertrace';

/** The data directory, with its default. */
export function dataOption(): Option {
  return new Option('--data <dir>', 'data directory').env('AFTERTRACE_DATA').default(DEFAULT_DATA);
}

/** For commands that talk to a running companion: which one. */
export function companionOption(): Option {
  return new Option(
    '--data <dir>',
    'the companion that has this data directory open (default: the one of this user)',
  );
}

/** Who acts. */
export function actorOption(): Option {
  return new Option('--actor <identity>', 'who does this (required, or $AFTERTRACE_ACTOR)');
}

/** How long an order may take to be in force. */
export function waitOption(): Option {
  return new Option('--wait [duration]', 'wait until it is in force in every live process')
    .argParser(toDuration)
    .preset('10s');
}

/** An address, checked and kept as text: the configuration reads it. */
export function addressOption(flags: string, text: string): Option {
  return new Option(flags, text).argParser((address) => {
    if (parseAddress(address) === undefined)
      throw new InvalidArgumentError('expected HOST:PORT, for example 127.0.0.1:4319');
    return address;
  });
}

/** For commands that read the companion's configuration. */
export function configOption(): Option {
  return new Option('--config <file>', 'configuration, YAML or JSON (or $AFTERTRACE_CONFIG)');
}

/** For fields of the configuration without a flag of their own. */
export function setOption(): Option {
  return new Option(
    '--set <field=value...>',
    'set any field of the configuration, for example files.hermes=true',
  );
}

/** What is recorded and how, for every command that runs a companion: `serve`, `dev`, `ingest`. */
export function withRecording(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--keep-successes <ratio>', 'keep this share of successful runs (default 1)', toRatio)
    .addOption(
      new Option('--content <mode>', 'how much message content to keep (default redacted)').choices(
        ['full', 'redacted', 'none'],
      ),
    )
    .option(
      '--profiles <file>',
      'tool profiles of your own (JSON), for calls that no guard has judged',
    )
    .addOption(setOption());
}

/** @throws InvalidArgumentError */
export function toDuration(text: string): number {
  const millis = parseDuration(text);
  if (millis === undefined)
    throw new InvalidArgumentError('expected a duration such as 30s, 15m or 2h');
  return millis;
}

/** @throws InvalidArgumentError */
export function toCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a number from 0 on');
  return Number(text);
}

/** @throws InvalidArgumentError */
export function toRatio(text: string): number {
  const ratio = Number(text);
  if (!(ratio > 0 && ratio <= 1))
    throw new InvalidArgumentError('expected a number above 0 and up to 1');
  return ratio;
}
