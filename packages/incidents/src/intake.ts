import type { Finding } from '@aftertrace/schema';

import { isResponseAtWork } from './containment-scope.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { IncidentFold } from './fold.ts';
import type { IncidentsOptions } from './incidents-options.ts';
import { MACHINE } from './machine.ts';
import type { Notifier } from './notifier.ts';
import { canOpen, defaultRules, openingRuleOf, type IncidentRules } from './rules.ts';
import type { Appended, IncidentStore } from './store.ts';
import { titleOf } from './title.ts';
import type { WatchList } from './watch-list.ts';

/** What became of a finding. */
export type FindingResult =
  /** It was the one that made an incident; `rule` is the opening rule. */
  | { readonly status: 'opened'; readonly incident: string; readonly rule: string }
  /** It belongs to an incident that was there; `reopened`: which it brought back. */
  | { readonly status: 'counted'; readonly incident: string; readonly reopened: boolean }
  /** Its id is known: nothing was counted. */
  | { readonly status: 'duplicate'; readonly incident?: string }
  /** Not enough for an incident yet. */
  | { readonly status: 'watched'; readonly seen: number }
  /** Of a kind that makes no incident; `incident`: the one it has to do with. */
  | { readonly status: 'not_counted'; readonly incident?: string };

/** What intake works on. */
export interface IntakeContext {
  readonly options: IncidentsOptions;
  readonly store: IncidentStore;
  readonly watch: WatchList;
  readonly notifier: Notifier;
  /** Tells the incident what was linked to its runs before it existed. */
  readonly catchUp: (fold: IncidentFold, findings: readonly Finding[]) => readonly Appended[];
}

/** Where a finding with this fingerprint goes. */
type Target =
  | { readonly kind: 'none' }
  | { readonly kind: 'count'; readonly fold: IncidentFold }
  | { readonly kind: 'reopen'; readonly fold: IncidentFold };

/** Takes findings in. Decides at once, in memory; resolves when what was decided is on disk. */
export class Intake {
  readonly #context: IntakeContext;
  readonly #rules: IncidentRules;

  constructor(context: IntakeContext) {
    this.#context = context;
    this.#rules = context.options.rules ?? defaultRules;
  }

  async add(finding: Finding): Promise<FindingResult> {
    const { store } = this.#context;
    const known = store.byFinding(finding.id);
    if (known !== undefined) {
      await store.flush();
      return { status: 'duplicate', incident: known.id };
    }
    const response = this.#responseAtWork(finding);
    if (response !== undefined || !canOpen(finding, this.#rules)) {
      const [related] = store.byRun(finding.run, []);
      const incident = (response ?? related)?.id;
      return { status: 'not_counted', ...(incident === undefined ? {} : { incident }) };
    }
    const target = this.#targetOf(finding);
    switch (target.kind) {
      case 'count':
        return this.#count(target.fold, finding);
      case 'reopen':
        return this.#reopen(target.fold, finding);
      case 'none':
        return this.#watchOrOpen(finding);
    }
  }

  #responseAtWork(finding: Finding): IncidentFold | undefined {
    const active = new Set(['triage', 'open', 'contained', 'resolved', 'review']);
    if (finding.kind !== 'decision') return undefined;
    return [...this.#context.store.folds.values()].find(
      (fold) => active.has(fold.state) && isResponseAtWork(finding, fold),
    );
  }

  #targetOf(finding: Finding): Target {
    const { store } = this.#context;
    let fold = store.byFingerprint(fingerprintOf(finding));
    while (fold?.duplicateOf !== undefined) fold = store.folds.get(fold.duplicateOf);
    if (fold === undefined) return { kind: 'none' };
    const at = Date.parse(finding.at);
    const settledAt = fold.settledAt === undefined ? undefined : Date.parse(fold.settledAt);
    if (settledAt === undefined || at <= settledAt) return { kind: 'count', fold };
    if (fold.state === 'dismissed') {
      const quiet = at - settledAt <= this.#rules.dismissedQuietMillis;
      return quiet ? { kind: 'count', fold } : { kind: 'none' };
    }
    const closedFor = at - Date.parse(fold.stateSince);
    const tooLate = fold.state === 'closed' && closedFor > this.#rules.reopenWithinMillis;
    return tooLate ? { kind: 'none' } : { kind: 'reopen', fold };
  }

  async #count(fold: IncidentFold, finding: Finding): Promise<FindingResult> {
    const durable = this.#addTo(fold, [finding]);
    if (fold.state !== 'dismissed') this.#context.notifier.countChanged(fold);
    await durable;
    return { status: 'counted', incident: fold.id, reopened: false };
  }

  async #reopen(fold: IncidentFold, finding: Finding): Promise<FindingResult> {
    const { store, notifier } = this.#context;
    const from = fold.state;
    const added = this.#addTo(fold, [finding]);
    const { event, durable } = store.append(fold.id, {
      type: 'transition',
      actor: MACHINE,
      from,
      to: 'open',
      reason: 'the same failure came again',
      data: { recurrence: finding.id },
    });
    await Promise.all([added, durable]);
    const { seq, at } = event;
    await notifier.tell(fold, { type: 'transition', seq, at, state: 'open', previousState: from });
    return { status: 'counted', incident: fold.id, reopened: true };
  }

  async #watchOrOpen(finding: Finding): Promise<FindingResult> {
    const { watch } = this.#context;
    const fingerprint = fingerprintOf(finding);
    const findings = watch.add(fingerprint, finding);
    const rule = findings === undefined ? undefined : openingRuleOf(findings, this.#rules);
    if (findings === undefined || rule === undefined) {
      await watch.flush();
      return findings === undefined
        ? { status: 'duplicate' }
        : { status: 'watched', seen: findings.length };
    }
    watch.remove(fingerprint);
    const incident = await this.#open(fingerprint, rule.id, findings);
    return { status: 'opened', incident, rule: rule.id };
  }

  async #open(fingerprint: string, rule: string, findings: readonly Finding[]): Promise<string> {
    const { options, store, notifier } = this.#context;
    const [first, ...rest] = findings;
    if (first === undefined) throw new TypeError('an incident needs a finding');
    const id = `inc_${options.randomId()}`;
    const { event, durable } = store.append(id, {
      type: 'opened',
      actor: MACHINE,
      to: 'triage',
      data: { fingerprint, title: titleOf(first), rule, finding: first },
    });
    const fold = store.folds.get(id);
    if (fold === undefined) throw new TypeError(`incident ${id} was not stored`);
    const linked = this.#context.catchUp(fold, [first]);
    await Promise.all([durable, ...linked.map((one) => one.durable), this.#addTo(fold, rest)]);
    await notifier.tell(fold, { type: 'opened', seq: event.seq, at: event.at, state: 'triage' });
    return id;
  }

  async #addTo(fold: IncidentFold, findings: readonly Finding[]): Promise<void> {
    const { store, catchUp } = this.#context;
    const before = fold.severity;
    const appended = findings.map((finding) =>
      store.append(fold.id, { type: 'finding', actor: MACHINE, data: { finding } }),
    );
    if (fold.severity !== before) {
      const data = { severity: fold.severity, before };
      appended.push(store.append(fold.id, { type: 'severity_changed', actor: MACHINE, data }));
    }
    appended.push(...catchUp(fold, findings));
    await Promise.all(appended.map(({ durable }) => durable));
  }
}
