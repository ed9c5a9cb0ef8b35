import { z } from 'zod';

import type { ToolProfile } from './tool-profile.ts';

const Outcome = z.enum(['ok', 'empty', 'failed', 'denied']);
const ExitCodes = z
  .record(z.string().regex(/^-?\d{1,10}$/, 'expected a whole number as text'), Outcome)
  .describe('Exit code to what it means: {"1": "empty"}.');
const Pointer = z.strictObject({
  pointer: z.string().regex(/^(?:\/|$)/, 'expected a JSON pointer such as "/meta/state"'),
  equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
});

/** One profile as configuration: the same members as {@link ToolProfile}, and no others. */
export const ToolProfileConfig = z.strictObject({
  id: z.string().min(1),
  tools: z
    .array(z.string().min(1))
    .min(1)
    .describe('Words of tool names; `=` before an exact name.'),
  except: z.array(z.string().min(1)).optional(),
  access: z.enum(['read', 'write']).optional(),
  voice: z.enum(['own', 'program', 'foreign']).optional(),
  whenEmpty: Outcome.optional(),
  exitCodes: ExitCodes.optional(),
  commandArguments: z.array(z.string().min(1)).optional(),
  programs: z
    .array(z.strictObject({ program: z.string().min(1), exitCodes: ExitCodes }))
    .optional(),
  failure: z.array(Pointer).optional(),
  success: z.array(Pointer).optional(),
});

/** The profiles of a configuration. */
export const ToolProfilesConfig = z.array(ToolProfileConfig);

/**
 * Reads profiles from configuration, for `createJudge({ profiles })`.
 *
 * @throws {z.ZodError} lists all that is wrong, where, and what was expected.
 */
export function parseToolProfiles(input: unknown): readonly ToolProfile[] {
  // Members that are left out are absent here; zod's types call them `undefined`.
  return ToolProfilesConfig.parse(input) as readonly ToolProfile[];
}
