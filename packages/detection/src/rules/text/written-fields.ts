import { classOfExitCode, classOfMessage } from '../../classify.ts';
import { meaningOfExitCode } from '../../profiles/exit-meaning.ts';
import type { Rule, RuleHit } from '../../rule.ts';
import type { TextSubject } from '../../text/text-subject.ts';
import { findWrittenExit } from '../../text/written-exit.ts';

/** `success: false`, `ok=False`, `status: error` as the first line of text or YAML. */
const SAYS_NO =
  /^["']?(?:success|ok|succeeded|is_success|successful)["']? ?[:=] ?["']?(?:false|no)\b|^["']?(?:status|result|state)["']? ?[:=] ?["']?(?:error|failed|failure|fail|timeout)\b["']?,?$/i;
const SAYS_YES =
  /^["']?(?:success|ok|succeeded|is_success|successful)["']? ?[:=] ?["']?(?:true|yes)\b/i;
/** How Python prints a message of LangChain or AutoGen. */
const REPR_STATUS = /^(?:ToolMessage\(|FunctionExecutionResult\()?content=[\s\S]{0,1200}$/;
const REPR_FAILED = /\b(?:status='error'|is_error=True)\)?$/;

function judgeExit(subject: TextSubject): RuleHit | undefined {
  const exit = findWrittenExit(subject);
  if (exit === undefined || exit.code === 0) return undefined;
  const evidence = { range: [exit.from, exit.from + exit.chars] as [number, number] };
  const meaning = meaningOfExitCode(exit.code, subject.profile, subject.command);
  if (meaning !== undefined && meaning !== 'failed') {
    return { outcome: meaning, certainty: 'likely', channel: 'exit_code', evidence };
  }
  return {
    outcome: 'failed',
    certainty: subject.voice === 'program' && exit.isWrapper ? 'certain' : 'likely',
    channel: 'exit_code',
    class: classOfExitCode(exit.code, subject.head),
    evidence,
  };
}

/** Rules about members that stand in text as lines, in the order in which they are asked. */
export const writtenFieldRules: readonly Rule<TextSubject>[] = [
  {
    id: 'text.exit_code',
    family: 'exit_code',
    looksAt: 'the first and the last line of a text',
    description:
      '`Exit code: 1`, `[exit 2]`, `Command failed with exit code 1`, `returned non-zero exit status 1`: certain ' +
      'where the tool runs programs and a line is nothing else.',
    judge: judgeExit,
  },
  {
    id: 'text.says_no',
    family: 'envelope',
    looksAt: 'the first line of a text',
    description:
      '`success: false`, `status: error`; a message that Python printed with `is_error=True`.',
    judge: (subject) => {
      const no = SAYS_NO.exec(subject.firstLine);
      const isRepr =
        no === null && REPR_STATUS.test(subject.head) && REPR_FAILED.test(subject.lastLine);
      if (no === null && !isRepr) return undefined;
      return {
        outcome: 'failed',
        certainty: 'likely',
        channel: 'result',
        class: classOfMessage(subject.head),
        evidence: { range: [subject.headStart, subject.headStart + (no?.[0].length ?? 8)] },
      };
    },
  },
  {
    id: 'text.says_yes',
    family: 'envelope',
    looksAt: 'the first line of a text',
    description: '`success: true`: the tool says that it did what was asked.',
    judge: (subject) => {
      const yes = SAYS_YES.exec(subject.firstLine);
      return yes === null
        ? undefined
        : {
            outcome: 'ok',
            certainty: 'likely',
            channel: 'result',
            evidence: { range: [subject.headStart, subject.headStart + yes[0].length] },
          };
    },
  },
];
