import type { Review, TimelineRow } from '@aftertrace/schema';

import { escapeMarkdown as escape } from './escape-markdown.ts';
import { renderEvidence } from './render-evidence.ts';

/** How a review is rendered. */
export interface RenderOptions {
  /** Relative path from the document to the data directory, with `/`. Default: the document stands in it. */
  readonly linkBase?: string;
}

const NO_DATA = 'No data: ';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function listOr(items: readonly string[], none: string): string {
  return items.length === 0 ? `${NO_DATA}${none}` : list(items);
}

function names(values: readonly (string | number)[]): string {
  return values.length === 0
    ? 'not recorded'
    : values.map((value) => escape(String(value))).join(', ');
}

/** Milliseconds as people say them. */
function duration(millis: number): string {
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  if (millis < 120_000) return `${(millis / 1_000).toFixed(1)} s`;
  if (millis < 7_200_000) return `${(millis / 60_000).toFixed(1)} min`;
  return `${(millis / 3_600_000).toFixed(1)} h`;
}

const GENERATED = '_(generated; to be confirmed by a person)_';

function header(review: Review): string {
  const { agent } = review;
  return table(
    ['', ''],
    [
      ['incident', escape(review.incident)],
      ['severity', review.severity],
      ['state of the incident', review.incidentState],
      ['status of this review', review.status],
      ['generated', escape(review.generatedAt)],
      ['agent', escape(agent.name)],
      ['agent versions', names(agent.versions)],
      ['models', names(agent.models)],
      ['policy revisions', names(agent.policyRevisions)],
    ],
  );
}

function impact({ impact }: Review): string {
  return list([
    `findings: ${impact.findings}`,
    `runs: ${impact.runs}, of which recorded as failed: ${impact.failedRuns}`,
    `conversations: ${impact.conversations}`,
    `from first to last sight: ${duration(impact.durationMillis)}`,
    `${NO_DATA}users, money, data exposed and effects outside are for a person to add.`,
  ]);
}

function detection({ detection }: Review): string {
  const { detector, rule, firstSeen, detectedAt, delayMillis, failuresWithCleanSpan } = detection;
  return list([
    `found by ${escape(detector)}${rule === undefined ? '' : `, rule ${escape(rule)}`}`,
    `first seen ${escape(firstSeen)}, incident opened ${escape(detectedAt)}: ${duration(delayMillis)} later`,
    `failures whose span looked fine: ${failuresWithCleanSpan}`,
  ]);
}

function row(
  { at, kind, actor, text, evidence }: TimelineRow,
  linkBase: string,
): readonly string[] {
  const proof = evidence.map((one) => renderEvidence(one, linkBase)).filter(Boolean);
  return [escape(at), kind, escape(actor), escape(text), proof.join('; ') || '–'];
}

function timeline(review: Review, linkBase: string): string {
  if (review.timeline.length === 0) return `${NO_DATA}nothing was recorded.`;
  const head = ['time (UTC)', 'kind', 'who', 'what', 'evidence'];
  return table(
    head,
    review.timeline.map((one) => row(one, linkBase)),
  );
}

function whatTheAgentDid(
  { firstFailingStep, lastGoodStep, evidence }: Review,
  base: string,
): string {
  if (firstFailingStep === undefined) {
    return `${NO_DATA}no recorded run shows a failing step of this incident.`;
  }
  const { trajectoryId, stepId, tool } = firstFailingStep;
  const line = evidence.find((one) => one.trajectoryId === trajectoryId && one.file !== undefined);
  const where = line === undefined ? escape(trajectoryId) : renderEvidence(line, base);
  return list([
    `first failing step: ${stepId}${tool === undefined ? '' : ` (${escape(tool)})`} of ${where}`,
    lastGoodStep === undefined
      ? 'last good step: none before it'
      : `last good step: ${lastGoodStep.stepId} of the same run`,
    'What it had read and was told then stands in that line, as far as content was recorded.',
  ]);
}

function factors({ contributingFactors }: Review): string {
  const items = (contributingFactors ?? []).map(
    ({ category, text, generated }) =>
      `${escape(category)}: ${escape(text)}${generated ? ` ${GENERATED}` : ''}`,
  );
  return listOr(items, 'none proposed; a person is to add them.');
}

function text(value: unknown): string {
  return typeof value === 'string' ? escape(value) : '';
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, key)
        ? (found as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

function containment(one: Review['containments'][number]): string {
  const effective = field(one, 'effective');
  const unreachable = field(one, 'unreachable');
  const where = Array.isArray(effective)
    ? effective.map(
        (effect) => `${text(field(effect, 'instance'))} since ${text(field(effect, 'at'))}`,
      )
    : [];
  const missing = Array.isArray(unreachable) ? unreachable.map(text) : [];
  const released = field(one, 'released');
  return [
    `${text(one['kind'])} ${text(one['id'])}, requested ${text(one['requestedAt'])} by ${text(field(one, 'actor', 'id'))}: ${text(one['reason'])}`,
    `; in force in: ${where.join(', ') || 'no process that said so'}`,
    missing.length === 0 ? '' : `; **not confirmed by: ${missing.join(', ')}**`,
    released === undefined
      ? ''
      : `; released ${text(field(released, 'at'))} by ${text(field(released, 'actor', 'id'))}: ${text(field(released, 'reason'))}`,
    one['expiredAt'] === undefined ? '' : `; expired ${text(one['expiredAt'])}`,
  ].join('');
}

function override(one: Review['overrides'][number]): string {
  return [
    `${text(one['kind'])} ${text(one['id'])}: ${text(field(one, 'actor', 'id'))} (${text(field(one, 'actor', 'assurance'))})`,
    ` decided ${text(one['decision'])} at ${text(one['at'])}: ${text(one['reason'])}`,
    `; before: ${text(field(one, 'prior', 'source'))}, ${text(field(one, 'prior', 'decision'))}`,
    `; outcome: ${text(field(one, 'outcome', 'status'))}`,
  ].join('');
}

function response(review: Review): string {
  return [
    '### Containments',
    listOr(review.containments.map(containment), 'none was ordered.'),
    '### Overrides and approvals',
    listOr(review.overrides.map(override), 'no person acted on a decision of these runs.'),
  ].join('\n\n');
}

function actions({ correctiveActions }: Review): string {
  if (correctiveActions.length === 0) return `${NO_DATA}none proposed; a person is to add them.`;
  const rows = correctiveActions.map((one) => [
    escape(one.id),
    `${escape(one.text)}${one.generated === true ? ` ${GENERATED}` : ''}`,
    one.type,
    one.owner === undefined ? 'nobody yet' : escape(one.owner),
    one.due === undefined ? 'not set' : escape(one.due),
    one.verification === undefined ? 'not said' : escape(one.verification),
    escape(one.status),
  ]);
  return table(['id', 'action', 'type', 'owner', 'due', 'verified by', 'status'], rows);
}

function reproducibility({ reproducibility }: Review): string {
  if (reproducibility === undefined || reproducibility.runs === 0) {
    return `${NO_DATA}no run of this incident is recorded.`;
  }
  const { replayableRuns, runs } = reproducibility;
  return replayableRuns === 0
    ? `Not replayable: none of ${runs} recorded runs holds its full content.`
    : `${replayableRuns} of ${runs} recorded runs hold their full content.`;
}

function communication({ awareAt, communications }: Review): string {
  const aware =
    awareAt === undefined
      ? `${NO_DATA}nobody has taken the incident up yet, so no clock runs.`
      : `People were aware from ${escape(awareAt)}; clocks of reporting duties start there.`;
  const told = (communications ?? []).map(
    ({ at, destination, status }) => `${escape(at)}: ${escape(destination)}, ${escape(status)}`,
  );
  return `${aware}\n\n${listOr(told, 'no destination was told.')}`;
}

/** The fifteen parts, in order. A part without data says so. */
function parts(review: Review, linkBase: string): readonly (readonly [string, string])[] {
  const similar = (review.similarIncidents ?? []).map(
    ({ id, title, state }) => `${escape(id)} (${state}): ${escape(title)}`,
  );
  const signed = (review.signOffs ?? []).map(
    ({ at, by, actor, reason }) =>
      `${escape(at)}: signed by ${escape(by)}, closed by ${escape(actor)}: ${escape(reason)}`,
  );
  const summary = `${escape(review.summary.text)}${review.summary.generated ? ` ${GENERATED}` : ''}`;
  return [
    ['Header', header(review)],
    ['Summary', summary],
    ['Impact', impact(review)],
    ['Detection', detection(review)],
    ['Timeline', timeline(review, linkBase)],
    ['What the agent saw and did', whatTheAgentDid(review, linkBase)],
    ['Contributing factors', factors(review)],
    ['Response', response(review)],
    ['What went well, what went wrong, where we were lucky', `${NO_DATA}for people to write.`],
    ['Corrective actions', actions(review)],
    ['Regression assets', `${NO_DATA}no cassette, data set row or evaluation case is linked.`],
    ['Reproducibility', reproducibility(review)],
    ['Similar incidents', listOr(similar, 'none is known.')],
    ['Communication and reporting clocks', communication(review)],
    ['Sign-off', listOr(signed, 'nobody has signed this review.')],
  ];
}

/** The review as Markdown. Everything that came from agents or people is escaped; message content is never in it. */
export function renderReviewMarkdown(review: Review, options: RenderOptions = {}): string {
  const linkBase = options.linkBase ?? '';
  const sections = parts(review, linkBase).map(
    ([title, body], index) => `## ${index + 1}. ${title}\n\n${body}`,
  );
  const gaps = listOr(review.gaps.map(escape), 'nothing is known to be missing.');
  return [
    `# Review: ${escape(review.title)}`,
    ...sections,
    `## What was not recorded\n\n${gaps}`,
    '',
  ].join('\n\n');
}
