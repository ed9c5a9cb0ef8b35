import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { RECORDS_DIR, recordSchemas } from './record-schemas.ts';

test('the committed JSON Schemas are those of the records; else run `pnpm docs:records`', () => {
  const committed = new Map(
    readdirSync(RECORDS_DIR)
      .filter((file) => file.endsWith('.schema.json'))
      .map((file) => [file, readFileSync(path.join(RECORDS_DIR, file), 'utf8')] as const),
  );
  expect([...committed.keys()].sort()).toEqual([...recordSchemas().keys()].sort());
  for (const [file, text] of recordSchemas())
    expect([file, committed.get(file)]).toEqual([file, text]);
});
