import { readFile } from 'node:fs/promises';

import {
  createJudge as createDetectionJudge,
  toolRules,
  type RuleInfo,
  type ToolCallFacts,
  type ToolProfile,
} from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';
import { z } from 'zod';

import { CommandError } from '../exit-code.ts';

/** How calls are judged. */
export interface CallJudge {
  readonly judge: (facts: ToolCallFacts) => ToolOutcome;
  /** In the order in which they are asked; empty where the rules have no names. */
  readonly rules: readonly RuleInfo[];
}

/**
 * Our own judgement, with the profiles of a file where one is given; or that of hermes-agent.
 *
 * @throws CommandError for a file that cannot be read or holds no profiles, with every problem and its place.
 */
export async function createJudge(options: {
  readonly profile?: string;
  readonly hermes: boolean;
}): Promise<CallJudge> {
  if (options.hermes) return createHermesJudge();
  const profiles = options.profile === undefined ? [] : await readProfiles(options.profile);
  return { judge: createDetectionJudge({ profiles }), rules: toolRules };
}

async function readProfiles(file: string): Promise<readonly ToolProfile[]> {
  const { parseToolProfiles } = await import('@aftertrace/detection/profiles');
  try {
    return parseToolProfiles(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `\n  /${issue.path.join('/')}: ${issue.message}`).join('')
        : ` ${error instanceof Error ? error.message : String(error)}`;
    throw new CommandError(`${file} holds no tool profiles:${why}`, { cause: error });
  }
}

/** What its rules would have raised instead of answering is `unknown`. It looks at the name and the result, no more. */
async function createHermesJudge(): Promise<CallJudge> {
  const { judgeLikeHermes } = await import('@aftertrace/detection/hermes');
  return {
    judge: ({ tool, result }) => {
      const { failed, raises } = judgeLikeHermes(tool, result);
      return {
        outcome: failed ? 'failed' : raises === undefined ? 'ok' : 'unknown',
        certainty: 'likely',
        channel: 'result',
        rule: 'hermes.detect_tool_failure',
      };
    },
    rules: [],
  };
}
