import { compileBundle } from './compile-bundle.ts';

/** One rule of each kind of which libraries make something once. */
export const WARM_BUNDLE = {
  name: 'warm',
  revision: 0,
  rules: [
    {
      id: 'warm',
      match: {
        tool: 'a',
        arguments: [{ pointer: '/a', pattern: 'a' }],
        conversation: { labels: ['a'] },
        limit: { atMost: 1 },
      },
      when: 'call.tool.matches("a") && conversation.calls > 0',
      verdict: 'block',
      tests: [{ name: 'a', call: { tool: 'a', arguments: { a: 'b' } }, expect: 'allow' }],
    },
  ],
};

/**
 * Compiles a bundle that nobody wrote, so that the first real one does not pay for what the libraries behind it make once: about
 * 20 ms of a process, which a thousand processes would otherwise pay in the moment in which they get their first policy.
 */
export function warmCompiler(): void {
  compileBundle(WARM_BUNDLE);
}
