import { toolWords } from './tool-words.ts';
import type { ToolProfile } from './tool-profile.ts';

/** Names of tools come from strangers: no more of them are remembered at a time. */
const MAX_REMEMBERED = 500;

/** Finds the profile of a tool by its name; `undefined` where none fits. */
export type FindProfile = (tool: unknown) => ToolProfile | undefined;

interface Matcher {
  readonly profile: ToolProfile;
  readonly exact: readonly string[];
  readonly words: readonly string[];
  readonly except: readonly string[];
}

/** Prepares a list of profiles; the first that fits a name counts. What was found is remembered, within a bound. */
export function createFindProfile(profiles: readonly ToolProfile[]): FindProfile {
  const matchers = profiles.map(matcherOf);
  const remembered = new Map<string, ToolProfile | undefined>();
  return (tool) => {
    if (typeof tool !== 'string') return undefined;
    if (remembered.has(tool)) return remembered.get(tool);
    const words = toolWords(tool);
    const profile = matchers.find((matcher) => fits(matcher, words))?.profile;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(tool, profile);
    return profile;
  };
}

function matcherOf(profile: ToolProfile): Matcher {
  const isExact = (name: string): boolean => name.startsWith('=');
  return {
    profile,
    exact: profile.tools.filter(isExact).map((name) => toolWords(name.slice(1))),
    words: profile.tools.filter((name) => !isExact(name)).map(toolWords),
    except: (profile.except ?? []).map(toolWords),
  };
}

function fits({ exact, words, except }: Matcher, name: string): boolean {
  const named = exact.includes(name) || words.some((word) => name.includes(word));
  return named && !except.some((word) => name.includes(word));
}
