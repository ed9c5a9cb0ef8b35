import type { ProgramProfile } from './tool-profile.ts';

const NO_MATCH = { 1: 'empty' } as const;
const DIFFERS = { 1: 'ok' } as const;
const NO = { 1: 'ok' } as const;
const FINDINGS = { 1: 'ok' } as const;

function each(
  programs: readonly string[],
  exitCodes: ProgramProfile['exitCodes'],
): readonly ProgramProfile[] {
  return programs.map((program) => ({ program, exitCodes }));
}

/** Programs whose exit codes other than 0 may be answers, as their manuals define them. */
export const PROGRAMS: readonly ProgramProfile[] = [
  ...each(
    ['grep', 'egrep', 'fgrep', 'zgrep', 'rg', 'ag', 'ack', 'git grep', 'pgrep', 'findstr', 'pidof'],
    NO_MATCH,
  ),
  ...each(['which', 'command -v', 'type', 'git config --get', 'lsof', 'fuser'], NO_MATCH),
  ...each(['diff', 'cmp', 'comm', 'git diff', 'kubectl diff', 'colordiff', 'sdiff'], DIFFERS),
  ...each(['test', '[', '[[', 'expr', 'git merge-base', 'git check-ignore', 'mountpoint'], NO),
  ...each(['pytest', 'python -m pytest', 'python3 -m pytest', 'py.test'], FINDINGS),
  ...each(['eslint', 'npx eslint', 'oxlint', 'shellcheck', 'hadolint', 'rubocop'], FINDINGS),
  ...each(['flake8', 'ruff', 'mypy', 'black --check', 'prettier --check', 'yamllint'], FINDINGS),
  ...each(['npm outdated', 'npm audit', 'pnpm outdated', 'pnpm audit', 'yarn outdated'], FINDINGS),
  { program: 'terraform plan', exitCodes: { 2: 'ok' } },
  { program: 'systemctl is-active', exitCodes: { 3: 'ok' } },
  { program: 'systemctl status', exitCodes: { 3: 'ok' } },
  { program: 'systemctl is-enabled', exitCodes: { 1: 'ok' } },
];
