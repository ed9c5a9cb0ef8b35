import type { ConfigEntry } from './config-tree.ts';
import {
  compile,
  isSettable,
  lossOf,
  lossOfThose,
  matchesOurValues,
  NAMES_OF_RESOURCES,
  type Loss,
} from './own-names.ts';
import { parseOttl, type OttlArgument, type OttlStatement } from './parse-ottl.ts';
import { isUnknown, type Report } from './report.ts';

/** What a `transform` processor does to our names, statement by statement. What hangs on a condition is not told. */
export function judgeStatements(processor: ConfigEntry, report: Report): void {
  for (const section of ['trace_statements', 'log_statements']) {
    const groups = processor.get(section);
    if (groups === undefined || isUnknown(groups, report)) continue;
    for (const group of groups.items()) {
      const context = group.get('context');
      if (isUnknown(context, report)) continue;
      const of: Group = {
        isConditional: (group.get('conditions')?.items().length ?? 0) > 0,
        context: String(context?.value ?? 'span'),
      };
      // A statement alone, or several in a context.
      const statements = group.get('statements')?.items() ?? [group];
      for (const statement of statements) judgeStatement(statement, of, report);
    }
  }
}

interface Group {
  readonly isConditional: boolean;
  /** What paths are of that do not say it: `span`, `log`, `resource`, `scope`, … */
  readonly context: string;
}

function judgeStatement(entry: ConfigEntry, of: Group, report: Report): void {
  if (isUnknown(entry, report)) return;
  const text = entry.value;
  if (typeof text !== 'string') return;
  const statement = parseOttl(text);
  const loss = statement === undefined ? 'unjudged' : lossBy(statement, of.context);
  if (loss === undefined) return;
  if (loss === 'unjudged' || of.isConditional || statement?.isConditional === true)
    report('not-judged', entry);
  else report('names-lost', entry, loss);
}

type Verdict = Loss | 'unjudged' | undefined;

function lossBy({ name, arguments: [target, ...rest] }: OttlStatement, context: string): Verdict {
  if (name === 'log') return undefined;
  if (target?.kind !== 'path') return 'unjudged';
  const said = /^(span|spanevent|log|resource|scope)\.(.*)$/.exec(target.path);
  const [, place = context, path = target.path] = said ?? [];
  if (!path.startsWith('attributes')) return lossOfField(name, path);
  const [key, ...below] = target.keys;
  if (below.length > 0) return lossOf(key ?? '') === undefined ? undefined : 'unjudged';
  if (key !== undefined) return lossOfOne(name, key, rest);
  switch (place) {
    case 'scope':
      return undefined;
    case 'resource':
      return lossOfAll(name, rest, NAMES_OF_RESOURCES);
    case 'spanevent':
      return lossOfAll(name, rest) === undefined ? undefined : 'unjudged';
    default:
      return lossOfAll(name, rest);
  }
}

/** What ties a span into its run, and an event to its name. */
const TIES = new Set([
  'trace_id',
  'trace_id.string',
  'span_id',
  'span_id.string',
  'parent_span_id',
  'parent_span_id.string',
  'event_name',
  'status.code',
]);
/** They say when it was and who told it. */
const TOLD =
  /^(?:status|start_time|end_time|time|observed_time|name$|version$)|^instrumentation_scope/;

function lossOfField(name: string, path: string): Verdict {
  if (path === 'cache' || path.startsWith('cache.')) return undefined;
  if (TIES.has(path)) return name === 'set' ? 'error' : 'unjudged';
  return TOLD.test(path) && path !== 'name' ? 'unjudged' : undefined;
}

/** What is done with one attribute. */
function lossOfOne(name: string, key: string, [first]: readonly OttlArgument[]): Verdict {
  const loss = lossOf(key);
  if (loss === undefined) return undefined;
  switch (name) {
    case 'set':
      if (first?.kind === 'other' && first.functions.some((one) => HASHES.test(one))) return loss;
      return isSettable(key) ? undefined : first?.kind === 'texts' ? loss : 'unjudged';
    case 'replace_pattern':
    case 'replace_match':
      return lossOfValues(name, first);
    default:
      return 'unjudged';
  }
}

const HASHES = /^(?:SHA\d+|MD5|FNV|Murmur3Hash\w*|XXH\w+)$/;
/** Shorter than this, ids and digests do not come through, nor does the JSON of messages. */
const MIN_CHARACTERS = 128;
const MIN_ATTRIBUTES = 64;

/** What is done with all attributes; `names` are those that may stand there, where it is not all. */
function lossOfAll(
  name: string,
  rest: readonly OttlArgument[],
  names?: ReadonlySet<string>,
): Verdict {
  const [first, second] = rest;
  const texts = textsOf(first);
  switch (name) {
    case 'delete_key':
      return texts === undefined ? 'unjudged' : lossOf(texts[0] ?? '');
    case 'delete_matching_keys':
      return byPattern(texts, (found) => lossOfThose((one) => found.test(one), names));
    case 'keep_matching_keys':
      return byPattern(texts, (kept) => lossOfThose((one) => !kept.test(one), names));
    case 'keep_keys':
      return texts === undefined ? 'unjudged' : lossOfThose((one) => !texts.includes(one), names);
    case 'replace_all_patterns':
      if (texts?.[0] !== 'key') return lossOfValues(name, second);
      return byPattern(textsOf(second), (found) => lossOfThose((one) => found.test(one), names));
    case 'replace_all_matches':
      return lossOfValues(name, first);
    case 'truncate_all':
      return lossBelow(MIN_CHARACTERS, first, names) ?? 'unjudged';
    case 'limit':
      return lossBelow(MIN_ATTRIBUTES, first, names);
    case 'clear':
      return 'error';
    default:
      return 'unjudged';
  }
}

/** What a limit costs. Of a resource nothing that is long is read, and what is kept of it is listed first. */
function lossBelow(
  least: number,
  limit: OttlArgument | undefined,
  names: ReadonlySet<string> | undefined,
): Verdict {
  if (limit?.kind !== 'number') return 'unjudged';
  if (limit.value >= least) return undefined;
  return names === undefined ? 'error' : 'unjudged';
}

const textsOf = (argument: OttlArgument | undefined): readonly string[] | undefined =>
  argument?.kind === 'texts' ? argument.texts : undefined;

function byPattern(
  texts: readonly string[] | undefined,
  judge: (pattern: NonNullable<ReturnType<typeof compile>>) => Verdict,
): Verdict {
  const compiled = texts?.[0] === undefined ? undefined : compile(texts[0]);
  return compiled === undefined ? 'unjudged' : judge(compiled);
}

/** A pattern, or with `match` in the name a text with `*`, that is replaced in values. */
function lossOfValues(name: string, argument: OttlArgument | undefined): Verdict {
  if (argument?.kind !== 'texts') return 'unjudged';
  const [text = ''] = argument.texts;
  const pattern = name.includes('match')
    ? `^${text.replaceAll(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`
    : text;
  return byPattern([pattern], (compiled) => (matchesOurValues(compiled) ? 'error' : undefined));
}
