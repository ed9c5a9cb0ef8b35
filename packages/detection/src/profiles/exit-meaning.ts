import { endingProgram } from './command-program.ts';
import type { ProfiledOutcome, ToolProfile } from './tool-profile.ts';

/** Does the profile say anything of exit codes? */
export function knowsExitCodes(profile: ToolProfile): boolean {
  return profile.exitCodes !== undefined || profile.programs !== undefined;
}

/** What an exit code means by the profile: of the program that ended the command, else of the tool; else not known. */
export function meaningOfExitCode(
  code: number,
  profile: ToolProfile | undefined,
  command: string | undefined,
): ProfiledOutcome | undefined {
  if (profile === undefined || code === 0) return undefined;
  const program =
    command === undefined || profile.programs === undefined
      ? undefined
      : endingProgram(command, profile.programs);
  return program?.exitCodes[String(code)] ?? profile.exitCodes?.[String(code)];
}
