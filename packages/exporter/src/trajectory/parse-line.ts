import { SupersededLine, Trajectory } from '@aftertrace/schema';

/** A line of a trajectory file. */
export type ParsedLine =
  | { readonly kind: 'trajectory'; readonly trajectory: Trajectory }
  | { readonly kind: 'superseded'; readonly superseded: SupersededLine }
  | { readonly kind: 'broken'; readonly message: string };

/** Reads and checks one line; what is none is a value, with why. */
export function parseLine(text: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'broken', message: `not JSON: ${(error as Error).message}` };
  }
  const version =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'schema_version') : undefined;
  if (version === 'aftertrace.superseded.v1') {
    const parsed = SupersededLine.safeParse(value);
    if (parsed.success) return { kind: 'superseded', superseded: parsed.data };
    return { kind: 'broken', message: firstIssue(parsed.error) };
  }
  const parsed = Trajectory.safeParse(value);
  if (parsed.success) return { kind: 'trajectory', trajectory: parsed.data };
  return { kind: 'broken', message: firstIssue(parsed.error) };
}

function firstIssue(error: {
  readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[];
}): string {
  const [issue] = error.issues;
  return issue === undefined
    ? 'not a trajectory'
    : `${issue.path.join('.') || '(line)'}: ${issue.message}`;
}
