import { Environment, type ASTNode } from '@marcbachmann/cel-js';

import { compilePattern } from '../pattern.ts';
import { MAX_PARTS } from './assert-small.ts';
import { containsText } from './contains-text.ts';
import { inspect, REPLACED, type Replaced } from './inspect.ts';

/** An expression, ready to be evaluated. */
export interface Expression {
  /** May throw: a member that is not there, types that do not fit. */
  readonly evaluate: (activation: object) => unknown;
  /** It walks through lists or maps. */
  readonly walks: boolean;
  /** It takes texts apart. */
  readonly splits: boolean;
}

/** Names that an expression can use. */
const NAMES = ['call', 'arguments', 'result', 'conversation', 'run', 'now'] as const;

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
    environment.registerFunction(`string.${REPLACED.matches}(string): bool`, matches);
  }
  const evaluate = environment.parse(renamed(text, found.replaced));
  const checked = evaluate.check();
  if (!checked.valid) throw new TypeError(firstLine(checked.error?.message ?? 'is not valid'));
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new TypeError(`gives ${checked.type ?? 'nothing'}; a condition gives true or false`);
  }
  return {
    evaluate: (activation) => evaluate(activation) as unknown,
    walks: found.walks,
    splits: found.splits,
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
  environment.registerFunction(`string.${REPLACED.contains}(string): bool`, containsText);
  environment.registerFunction(`string.${REPLACED.split}(string): list<string>`, partsOf);
  return environment;
}

/** Calls at these places get their other names. */
function renamed(text: string, replaced: readonly Replaced[]): string {
  let changed = text;
  for (const { at, name } of replaced) {
    changed = changed.slice(0, at) + name + changed.slice(at + name.length);
  }
  return changed;
}

/** As many parts as can be walked through; a text of more has no answer. */
function partsOf(text: string, separator: string): readonly string[] {
  const parts = text.split(separator, MAX_PARTS + 1);
  if (parts.length <= MAX_PARTS) return parts;
  throw new RangeError(`the text has more than ${MAX_PARTS} parts`);
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
