import { testPage } from './harness/test-page.ts';
import { claudeCode } from './stand-ins/claude-program.ts';

testPage('no-collector.md');
testPage('claude-code.md', await claudeCode(process.env['AFTERTRACE_TEST_CLAUDE']));
