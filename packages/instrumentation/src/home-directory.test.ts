import { expect, test } from 'vitest';

import { homeDirectory } from './home-directory.ts';

test('a user whom the system does not know has no home, and that is no error', () => {
  expect(homeDirectory(() => '/home/x')).toBe('/home/x');
  expect(
    homeDirectory(() => {
      throw new Error('uv_os_homedir returned ENOENT');
    }),
  ).toBe('');
});
