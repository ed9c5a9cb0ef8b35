import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import * as api from './index.ts';
import { VERSION } from './version.ts';

test('the exported names are those that were reviewed', () => {
  expect(Object.keys(api).sort()).toEqual([
    'AftertraceError',
    'AftertraceInstrumentation',
    'attachments',
    'createAgentRunSampler',
    'describeTool',
    'findCompanion',
    'flushEvidence',
    'guardTool',
    'instanceId',
    'isAftertraceError',
    'onUrgentEvent',
    'recordOverride',
    'recordOverrideOutcome',
    'setRunOutcome',
    'toolsDigest',
    'withAgent',
  ]);
});

test('the version in code is that of the package', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
});
