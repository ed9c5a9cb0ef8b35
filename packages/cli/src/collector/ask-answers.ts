import { CollectorAnswers, type CollectorAnswersInput } from './collector-answers.ts';

/** Puts a question to a person and gives what was typed. */
export type Ask = (question: string) => Promise<string>;

interface Question {
  readonly field: 'kind' | 'companion' | 'token' | 'traces' | 'prometheus' | 'redact';
  readonly text: string;
  /** What an empty line means, in the words of an answer. */
  readonly fallback: string;
  /** The field's value for what was typed. */
  readonly read: (typed: string) => unknown;
}

const asTyped = (typed: string): unknown => typed;
const orNone = (typed: string): unknown => (/^(?:none|no|n|-)$/i.test(typed) ? undefined : typed);
const yesOrNo = (typed: string): unknown =>
  /^y(?:es)?$/i.test(typed) ? true : /^no?$/i.test(typed) ? false : typed;

const QUESTIONS: readonly Question[] = [
  {
    field: 'kind',
    text: 'How is the Collector run: laptop (in memory), production (queue on disk), gateway (several)?',
    fallback: 'laptop',
    read: asTyped,
  },
  {
    field: 'companion',
    text: 'Where does the companion (aftertrace serve) take OTLP/HTTP in?',
    fallback: 'http://127.0.0.1:4319',
    read: asTyped,
  },
  {
    field: 'token',
    text: 'Does the companion ask for a token (its access.otlpToken; yes or no)?',
    fallback: 'no',
    read: yesOrNo,
  },
  {
    field: 'traces',
    text: 'Where does Jaeger or Tempo take OTLP/HTTP in (an address such as http://jaeger:4318, or none)?',
    fallback: 'none',
    read: orNone,
  },
  {
    field: 'prometheus',
    text: 'Where does Prometheus scrape the Collector (HOST:PORT such as 127.0.0.1:8889, or none)?',
    fallback: 'none',
    read: orNone,
  },
  {
    field: 'redact',
    text: 'Mask secrets in the Collector already, for viewers too (yes or no)?',
    fallback: 'no',
    read: yesOrNo,
  },
];

/** Asks for what was not given by flags, each until the answer is one and goes with those before it. */
export async function askAnswers(
  given: CollectorAnswersInput,
  ask: Ask,
  complain: (text: string) => void,
): Promise<CollectorAnswersInput> {
  const answers: Record<string, unknown> = { ...given };
  for (const question of QUESTIONS) {
    if (given[question.field] !== undefined) continue;
    for (;;) {
      const typed = (await ask(`${question.text} [${question.fallback}] `)).trim();
      answers[question.field] = question.read(typed === '' ? question.fallback : typed);
      const problems = problemsOf(question.field, answers);
      if (problems.length === 0) break;
      complain(`  ${problems.join('; ')}`);
    }
  }
  return answers;
}

function problemsOf(field: Question['field'], answers: unknown): readonly string[] {
  const { error } = CollectorAnswers.safeParse(answers);
  const issues = error?.issues.filter(({ path }) => path[0] === field) ?? [];
  return issues.map(({ message }) => message);
}
