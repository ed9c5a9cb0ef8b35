import { Environment, type ASTNode } from '@marcbachmann/cel-js';

import { compilePattern } from '../pattern.ts';
import { inspect } from './inspect.ts';

/** An expression, ready to be evaluated. */
export interface Expression {
  /** May throw: a member that is not there, types that do not fit. */
  readonly evaluate: (activation: object) => unknown;
  /** It walks through lists or maps. */
  readonly needsSmallValues: boolean;
}

/** Names that an expression can use. */
const NAMES = ['call', 'arguments', 'result', 'conversation', 'run', 'now'] as const;

/** The library searches with JavaScript's own expressions, which can take time without end; this takes its place. */
const LINEAR_MATCH = 'rematch';

/**
 * Parses a condition and checks its types.
 *
 * @throws Error whose message says what is wrong and where.
 */
export function parseExpression(text: string): Expression {
  const patterns = new Map<string, (text: string) => boolean>();
  const found = inspect(parse(text).ast);
  for (const pattern of found.patterns) patterns.set(pattern, compilePattern(pattern));
  const environment = found.patterns.length === 0 ? base() : base().clone();
  if (found.patterns.length > 0) {
    const matches = (value: string, pattern: string): boolean => {
      const test = patterns.get(pattern);
      if (test === undefined) throw new TypeError('a pattern must stand in the expression');
      return test(value);
    };
    environment.registerFunction(`string.${LINEAR_MATCH}(string): bool`, matches);
  }
  const evaluate = environment.parse(renamed(text, found.matchCalls));
  const checked = evaluate.check();
  if (!checked.valid) throw new TypeError(firstLine(checked.error?.message ?? 'is not valid'));
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new TypeError(`gives ${checked.type ?? 'nothing'}; a condition gives true or false`);
  }
  return {
    evaluate: (activation) => evaluate(activation) as unknown,
    needsSmallValues: found.walks,
  };
}

function parse(text: string): { readonly ast: ASTNode } {
  try {
    return base().parse(text);
  } catch (error) {
    throw new SyntaxError(firstLine((error as Error).message), { cause: error });
  }
}

let shared: Environment | undefined;

/** What all expressions have in common, made when the first one comes. */
function base(): Environment {
  return (shared ??= createEnvironment());
}

/** Numbers of JSON are doubles. A whole number beside one is meant as such: CEL alone has no answer to `amount + 1`. */
function createEnvironment(): Environment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 1_000, maxDepth: 50 },
  });
  for (const name of NAMES)
    environment.registerVariable(name, name === 'now' ? 'google.protobuf.Timestamp' : 'dyn');
  const mixed: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [sign, of] of Object.entries(mixed)) {
    const asDoubles = (a: unknown, b: unknown): number => of(Number(a), Number(b));
    environment.registerOperator(`double ${sign} int`, asDoubles);
    environment.registerOperator(`int ${sign} double`, asDoubles);
  }
  return environment;
}

/** `.matches(` at these places becomes ours, which has as many letters, so that places in messages stay right. */
function renamed(text: string, places: readonly number[]): string {
  let changed = text;
  for (const place of places) {
    changed = changed.slice(0, place) + LINEAR_MATCH + changed.slice(place + LINEAR_MATCH.length);
  }
  return changed;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
