import { beforeEach, expect, test } from 'vitest';

import { createChat } from '../frameworks/openai/chat.ts';
import { createAdapterFixture, type AdapterFixture } from '../testing/adapter-runtime.ts';
import { containment } from '../testing/guard-fixture.ts';
import { wrapCreate } from './create.ts';

let fixture: AdapterFixture;
beforeEach(() => {
  fixture = createAdapterFixture();
});

test('a request that is refused fails no sooner than one that is sent: readers of a stream listen by then', async () => {
  const kill = containment({ kind: 'kill', scope: { agent: 'support' } });
  await fixture.enforce([], [kill]);
  const sent: unknown[] = [];
  const create = wrapCreate(fixture.runtime, (body: unknown) => sent.push(body), createChat());
  const asked = create.call({}, { model: 'm', messages: [] } as never) as Promise<unknown>;
  let isOver = false;
  const over = asked.catch((error: unknown) => {
    isOver = true;
    return error;
  });
  for (let step = 0; step < 100; step += 1) await Promise.resolve();
  expect(isOver).toBe(false);
  expect(await over).toMatchObject({ code: 'run_stopped' });
  expect(sent).toEqual([]);
});
