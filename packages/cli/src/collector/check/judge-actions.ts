import type { ConfigEntry } from './config-tree.ts';
import { compile, isSettable, lossOf, lossOfMatching, type Loss } from './own-names.ts';
import { isUnknown, type Report } from './report.ts';

/** What `attributes` and `resource` processors do to our names: a list of actions by key or expression. */
export function judgeActions(processor: ConfigEntry, report: Report): void {
  const actions = processor.get('actions') ?? processor.get('attributes');
  if (actions === undefined || isUnknown(actions, report)) return;
  // Which spans are meant cannot be told here.
  const isConditional =
    processor.get('include') !== undefined || processor.get('exclude') !== undefined;
  for (const action of actions.items()) {
    const loss = isUnknown(action, report) ? undefined : lossBy(action, report);
    if (loss === 'unjudged' || (loss !== undefined && isConditional)) report('not-judged', action);
    else if (loss !== undefined) report('names-lost', action, loss);
  }
}

function lossBy(action: ConfigEntry, report: Report): Loss | 'unjudged' | undefined {
  const [what, key, pattern] = ['action', 'key', 'pattern'].map((name) => action.get(name));
  if ([what, key, pattern].some((entry) => isUnknown(entry, report))) return undefined;
  const name = String(key?.value ?? '');
  switch (what?.value) {
    case 'delete':
    case 'hash': {
      const byKey = lossOf(name);
      if (byKey === 'error' || typeof pattern?.value !== 'string') return byKey;
      const compiled = compile(pattern.value);
      return compiled === undefined ? 'unjudged' : (lossOfMatching(compiled) ?? byKey);
    }
    case 'update':
    case 'upsert':
    case 'convert':
      return isSettable(name) ? undefined : lossOf(name);
    // `insert` leaves what is there, `extract` makes names of its own, which have no dots.
    default:
      return undefined;
  }
}
