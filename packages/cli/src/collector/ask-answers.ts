import { CollectorAnswers, type CollectorAnswersInput } from './collector-answers.ts';

/** Puts a question to a person and gives what was typed. */
export type Ask = (question: string) => Promise<string>;

interface Question {
  readonly field: keyof CollectorAnswersInput;
  readonly text: string;
  /** What an empty line means, in the words of an answer. */
  readonly fallback: string;
  /** The field's value for what was typed. */
  readonly read: (typed: string) => unknown;
  /** Whether anything would follow from an answer, after those before it. Default: always. */
  readonly isIdle?: (answers: Partial<CollectorAnswersInput>) => boolean;
}

const asTyped = (typed: string): unknown => typed;
const orNone = (typed: string): unknown => (/^(?:none|no|n|-)$/i.test(typed) ? undefined : typed);
const yesOrNo = (typed: string): unknown =>
  /^y(?:es)?$/i.test(typed) ? true : /^no?$/i.test(typed) ? false : typed;
const words = (typed: string): unknown => typed.split(/[\s,]+/).filter((word) => word !== '');
const isPlain = ({ companion }: Partial<CollectorAnswersInput>): boolean =>
  companion?.startsWith('https:') !== true;

const QUESTIONS: readonly Question[] = [
  {
    field: 'kind',
    text: 'How is the Collector run: laptop (in memory), production (queue on disk), gateway (several)?',
    fallback: 'laptop',
    read: asTyped,
  },
  {
    field: 'replicas',
    text: "The gateway's instances: one DNS name for all of them, or each as HOST:PORT?",
    fallback: 'otelcol-gateway',
    read: words,
    isIdle: ({ kind }) => kind !== 'gateway',
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
    field: 'caFile',
    text: "What is the companion's certificate checked against (a file, or none: what the system trusts)?",
    fallback: 'none',
    read: orNone,
    isIdle: isPlain,
  },
  {
    field: 'certFile',
    text: 'Which certificate does the Collector show to it (a file, or none: it asks for none)?',
    fallback: 'none',
    read: orNone,
    isIdle: isPlain,
  },
  {
    field: 'keyFile',
    text: 'Where is the private key of that certificate?',
    fallback: 'none',
    read: orNone,
    isIdle: ({ certFile }) => certFile === undefined,
  },
  {
    field: 'traces',
    text: 'Where does Jaeger or Tempo take OTLP/HTTP in (an address such as http://jaeger:4318, or none)?',
    fallback: 'none',
    read: orNone,
  },
  {
    field: 'sampling',
    text: 'Which traces are left out there: none, all but a tenth by trace id (head), all but what failed and a tenth of the rest (tail)?',
    fallback: 'none',
    read: asTyped,
    isIdle: ({ traces }) => traces === undefined,
  },
  {
    field: 'prometheus',
    text: 'Where does Prometheus scrape the Collector (HOST:PORT such as 127.0.0.1:8889, or none)?',
    fallback: 'none',
    read: orNone,
  },
  {
    field: 'judged',
    text: 'Where does the Collector take in what the companion judged (HOST:PORT such as 127.0.0.1:14319, or none)?',
    fallback: 'none',
    read: orNone,
  },
  {
    field: 'logs',
    text: 'Where does that go as logs (an address, for example of Loki)?',
    fallback: 'http://127.0.0.1:3100/otlp',
    read: asTyped,
    isIdle: ({ judged }) => judged === undefined,
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
    if (given[question.field] !== undefined || question.isIdle?.(answers) === true) continue;
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
