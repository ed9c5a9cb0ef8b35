import { read } from '../read.ts';
import type { ProgramProfile, ToolProfile } from './tool-profile.ts';

const MAX_COMMAND_CHARS = 20_000;
/** What may stand before the program: `sudo`, `env A=b`, `timeout 10`, `(`. */
const BEFORE_PROGRAM =
  /^(?:[\s(!]{1,20}|(?:sudo|time|nohup|exec|env)\s{1,20}|timeout\s{1,20}[\w.]{1,20}\s{1,20}|\w{1,60}=[^\s]{0,200}\s{1,20})/;
const MAX_PREFIXES = 8;

/** The command line in a shell's arguments; a list of words is joined by spaces. */
export function commandOf(args: unknown, profile: ToolProfile): string | undefined {
  if (typeof args === 'string') return args.slice(0, MAX_COMMAND_CHARS);
  for (const name of profile.commandArguments ?? []) {
    const command = read(args, name);
    if (typeof command === 'string') return command.slice(0, MAX_COMMAND_CHARS);
    if (Array.isArray(command)) return command.slice(0, 200).join(' ').slice(0, MAX_COMMAND_CHARS);
  }
  return undefined;
}

/**
 * The program whose exit code a command line ends with: the last of a chain, and of a pipe the last as well. Quotes are
 * not parsed; a separator inside a quote leads to a program that is not known, and then the code means what it usually
 * means.
 */
export function endingProgram(
  command: string,
  programs: readonly ProgramProfile[],
): ProgramProfile | undefined {
  const parts = command.trim().split(/\|\||&&|[;|\n]/);
  let last = (parts.at(-1) ?? '').trim();
  for (let times = 0; times < MAX_PREFIXES; times += 1) {
    const rest = last.replace(BEFORE_PROGRAM, '');
    if (rest === last) break;
    last = rest;
  }
  const words = last.replace(/^\/(?:[\w.-]{1,60}\/){1,6}/, '');
  return programs.find(({ program }) => words === program || words.startsWith(`${program} `));
}
