import { expect, it } from 'vitest';

import { compileBundle, warmCompiler } from './compile.ts';
import { WARM_BUNDLE } from './warm-compiler.ts';

it('compiles a sound bundle with a rule of each kind of which something is made once', () => {
  expect(compileBundle(WARM_BUNDLE)).toMatchObject({ ok: true });
  const [rule] = WARM_BUNDLE.rules;
  expect(rule).toMatchObject({ when: expect.stringContaining('matches') as string });
  expect(rule?.match.arguments).toMatchObject([{ pattern: expect.any(String) as string }]);
  expect(warmCompiler()).toBeUndefined();
});
