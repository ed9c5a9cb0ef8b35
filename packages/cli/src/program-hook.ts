import type { Command } from 'commander';

import type { End } from './program-options.ts';
import type { Output } from './terminal/output.ts';

/** `hook claude-code`: what agents that are not Node programs of ours ask before they act. */
export function addHook(program: Command, output: Output, end: End): void {
  const hook = program
    .command('hook')
    .description('What agents in processes of others ask before they act.');
  hook
    .command('claude-code')
    .description('Hook command for PreToolUse and PostToolUse of Claude Code.')
    .addHelpText(
      'after',
      '\nReads the hook’s JSON from standard input; says its decision on standard output. Rules are those of the companion, else of\n' +
        'the file that AFTERTRACE_POLICY names. A call that cannot be judged is refused, but with AFTERTRACE_ON_START=open.\n' +
        'Exit codes: 0 see standard output, 2 refused. Every other one would let the call pass.',
    )
    .action(async () => {
      const { claudeCodeHook } = await import('./commands/hook.ts');
      const { stdin: input, env } = process;
      end(await claudeCodeHook({ input, env, now: Date.now }, output));
    });
}
