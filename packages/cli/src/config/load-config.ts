import { readFile } from 'node:fs/promises';

import { readProfiles } from '../detect/read-profiles.ts';
import { CommandError } from '../exit-code.ts';
import { sanitize } from '../terminal/sanitize.ts';
import type { CompanionConfig } from './companion-config.ts';
import { parseConfigFile } from './config-file.ts';
import type { ConfigLayer, ConfigProblem } from './config-layer.ts';
import { environmentLayer } from './environment-layer.ts';
import { flagLayer, type ConfigFlags } from './flag-layer.ts';
import { resolveConfig } from './resolve-config.ts';

/** Where settings come from. */
export interface ConfigSources {
  /** YAML or JSON; default `AFTERTRACE_CONFIG`, else none. */
  readonly file?: string | undefined;
  readonly flags: ConfigFlags;
  /** File of tool profiles, in the place of those of the configuration. */
  readonly profiles?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The configuration in force: flags over environment over file over defaults.
 *
 * @throws CommandError with every problem there is.
 */
export async function loadConfig(sources: ConfigSources): Promise<CompanionConfig> {
  const { env = process.env, profiles } = sources;
  const toolProfiles = profiles === undefined ? undefined : await readProfiles(profiles);
  const flags = toolProfiles === undefined ? sources.flags : { ...sources.flags, toolProfiles };
  const named = sources.file ?? env['AFTERTRACE_CONFIG'];
  const file = named === undefined || named === '' ? undefined : named;
  const layers: ConfigLayer[] = [];
  if (file !== undefined) {
    const parsed = await readConfigFile(file);
    if (!parsed.ok) throw wrongConfig(parsed.problems);
    layers.push(parsed.layer);
  }
  const resolved = resolveConfig([...layers, environmentLayer(env), flagLayer(flags)]);
  if (!resolved.ok) throw wrongConfig(resolved.problems);
  return resolved.config;
}

/** @throws CommandError where the file cannot be read. */
export async function readConfigFile(file: string): Promise<ReturnType<typeof parseConfigFile>> {
  try {
    return parseConfigFile(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw new CommandError(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function wrongConfig(problems: readonly ConfigProblem[]): CommandError {
  return new CommandError(
    `the configuration does not hold:\n${problems.map((problem) => `  ${describeProblem(problem)}`).join('\n')}`,
  );
}

/** One line for a person: `aftertrace.yaml:3:5: files.hermes: expected boolean`. */
export function describeProblem({ where, field, message }: ConfigProblem): string {
  const parts = [where, field, message].filter((part) => part !== undefined && part !== '');
  return sanitize(parts.join(': '), 500);
}
