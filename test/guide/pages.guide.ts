import { fileURLToPath } from 'node:url';

import { testPage } from './harness/test-page.ts';
import { claudeCode } from './stand-ins/claude-program.ts';

await testPage('no-collector.md');
await testPage('claude-code.md', await claudeCode(process.env['AFTERTRACE_TEST_CLAUDE']));
