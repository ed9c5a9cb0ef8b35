import type { Rule } from '../../rule.ts';
import { textRule } from '../../text/text-rule.ts';
import type { TextSubject } from '../../text/text-subject.ts';
import { programDiagnostic } from '../../text/program-diagnostics.ts';
import { classOfMessage } from '../../classify.ts';

/** The summaries of test runners: they ran, and what they report is an answer. */
const TEST_REPORT =
  /\b\d{1,7} (?:passed|failed|errors?|skipped|deselected|xfailed|warnings?)\b(?:, \d{1,7} \w{1,12}){0,6} in [\d.:]{1,12} ?s|\bTests?:? {1,8}(?:\d{1,7} failed|\d{1,7} passed)|\btest result: (?:ok|FAILED)\.|\b\d{1,7} (?:passing|failing)\b|\bRan \d{1,7} tests? in\b|\bTests run: \d{1,7}, Failures: \d|(?:^|\n)--- FAIL: |(?:^|\n)(?:FAIL|ok) {0,4}\t[\w./-]{1,200}|\b\d{1,7} tests?, \d{1,7} (?:failures?|assertions?)\b|\b\d{1,7} examples?, \d{1,7} failures?\b|(?:^|\n)# fail \d{1,7}\b/;
const NO_TESTS_RAN = /\berrors? during collection\b|\bno tests ran\b|\berror collecting\b/i;

const CRASH =
  /^(?:.{0,200}[: ])?(?:segmentation fault|bus error|illegal instruction|floating point exception|killed|aborted|core dumped|out of memory|stack overflow|stack smashing detected|terminated)(?: ?\(core dumped\))?[.:]?(?: .{0,80})?$|\bcore dumped\b|^panic: |^(?:fatal error: )?(?:runtime: )?out of memory|^goroutine \d{1,9} \[|^thread '.{1,80}' panicked at|^note: run with `RUST_BACKTRACE|^Execution halted$|^Node\.js v\d|^Exception in thread "|^Unhandled exception|^Caused by: |^\s{0,20}at [\w$.<>/ ]{1,160}\(.{1,200}:\d{1,7}(?::\d{1,7})?\)$|^PHP (?:Fatal|Parse) error:|^Uncaught |^exit status \d{1,3}$/i;

/** Of who ran the program, not of what it tried to reach: no subject, or a word for the run itself. */
const STOPPED =
  /(?:^|\n)[[(<*\s]{0,6}(?:error: )?(?:(?:the |your |this )?(?:command|execution|process|script|program|code|operation|tool call|cell|shell|session|kernel|bash)(?: execution)? (?:has |was |is )?(?:been )?(?:timed[ -]?out|killed (?:after|because|due)|terminated (?:after|because|due|by timeout)|stopped (?:after|because|due)|exceeded (?:the )?(?:time|\d)|did not (?:finish|complete) (?:within|in))|timed? ?out (?:after|reached|exceeded|expired)|timed out[\])]?(?:$|\n))/i;

const BUILD =
  /^(?:npm (?:ERR!|error)|error: (?:could not compile|command .{1,200} failed|subprocess-exited|externally-managed|failed to|build failed|aborting|linking|process)|make(?:\[\d{1,3}\])?: \*\*\*|build failed\b|build failure\b|FAILURE: |BUILD (?:FAILED|FAILURE)|ninja: (?:build stopped|error)|E: |ERROR: (?!root:)|error(?:\[E\d{1,6}\])?: |fatal: |collect2: |ld: |The command .{1,400} returned a non-zero code|error Command failed|error TS\d|ELIFECYCLE|\s?ELIFECYCLE|ERR_PNPM_\w|Found \d{1,6} errors?(?: in | \.|\.)|CONFLICT \(|Automatic merge failed|Errors? during |Installation failed|Aborting\.?$|.{1,200}(?:: error:|: fatal error:| error TS\d{1,6}:)|\d{1,6} errors? generated|FAILED: |\[ERROR\] |(?:\.\/)?[\w./-]{1,200}\.go:\d{1,6}:\d{1,5}: |Command failed\b|Traceback )/;

function unheard(subject: TextSubject): boolean {
  return isTestReport(subject.tail) || asksForLog(subject.command);
}

/** Did a test runner run and report? Then what failed is what it tested. */
function isTestReport(tail: string): boolean {
  return TEST_REPORT.test(tail) && !NO_TESTS_RAN.test(tail);
}

/** The command only shows a file, a log or the output of something else. */
const SHOWS =
  /^(?:sudo )?(?:cat|less|more|head|tail|grep|egrep|rg|zcat|bat|journalctl|dmesg|strings|git (?:log|show|diff|blame)|docker logs|kubectl logs|sed -n|awk|jq|find|echo|printf|ls)\b[^;&|]{0,2000}$/;

function asksForLog(command: string | undefined): boolean {
  return command !== undefined && SHOWS.test(command.trim());
}

/** Rules about what programs print when they fail, in the order in which they are asked. */
export const programOutputRules: readonly Rule<TextSubject>[] = [
  {
    id: 'text.program_diagnostic',
    family: 'text',
    looksAt: 'the last line of what a program printed, and the first of a few lines',
    description:
      '`cat: x: No such file or directory`, `bash: foo: command not found`, `fatal: not a git repository`, and the ' +
      'like, as the last word or as all that was printed.',
    judge: (subject) => {
      const line = programDiagnostic(subject);
      if (line === undefined || isTestReport(subject.tail)) return undefined;
      const from = line.from;
      return {
        outcome: 'failed',
        certainty: 'likely',
        channel: 'result',
        class: classOfMessage(line.text),
        evidence: { range: [from, from + line.text.length] },
      };
    },
  },
  textRule({
    id: 'text.stopped',
    looksAt: 'the last lines of what a program printed',
    description: '`Command timed out after 120 s`: who ran the program stopped it.',
    place: 'lastLines',
    upTo: { program: 'long', own: 'page' },
    patterns: [STOPPED],
    says: { class: 'timeout', channel: 'timeout' },
    unless: ({ command }) => asksForLog(command),
  }),
  textRule({
    id: 'text.crash',
    looksAt: 'the last line of what a program printed',
    description: '`Segmentation fault (core dumped)`, `Killed`, a stack that ends the text.',
    place: 'lastLine',
    upTo: { program: 'long' },
    patterns: [CRASH],
    says: { class: 'crash' },
    unless: unheard,
  }),
  textRule({
    id: 'text.build_failed',
    looksAt: 'the last line of what a program printed',
    description:
      '`npm ERR! …`, `make: *** … Error 2`, `error: could not compile …`, `BUILD FAILURE`.',
    place: 'lastLine',
    upTo: { program: 'long' },
    patterns: [BUILD],
    unless: unheard,
  }),
  textRule({
    id: 'text.usage',
    looksAt: 'the first line of what a program printed, up to a page',
    description: '`usage: …` where nobody asked for help.',
    place: 'firstLine',
    upTo: { program: 'page' },
    patterns: [/^usage: \S/i],
    says: { class: 'invalid_arguments' },
    unless: ({ command }) =>
      command === undefined || /(?:^|\s)(?:--?help|-h|help|man|--usage|-\?)(?:\s|$)/.test(command),
  }),
];
