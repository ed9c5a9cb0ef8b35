import { readFile } from 'node:fs/promises';

import { ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';

import { appendWraps } from '../../load-hook/append.ts';
import { createRuntime } from '../../runtime.ts';
import { newRun, type SeenVersions } from '../../spans/scope.ts';
import { toolsDigest } from '../../spans/tools-digest.ts';
import { identityOf } from './identity.ts';
import { invalidToolCalls } from './invalid-tool-calls.ts';
import { Invocation } from './invocation.ts';
import { inputMessages, outputMessages, systemInstructions, toolDefinitions } from './messages.ts';
import { findNativeTelemetry } from './native-telemetry.ts';
import { providerName } from './provider-name.ts';
import { targets } from './targets.ts';

test('the installed AI SDK declares every function that is hooked, in the module that is hooked', async () => {
  const entry = new URL(import.meta.resolve('ai'));
  const module = targets[0]?.modules[0];
  expect(entry.pathname).toMatch(/node_modules\/ai\/dist\/index\.js$/);
  expect('dist/index.js').toMatch(module?.file ?? /never/);
  const source = await readFile(entry, 'utf8');
  if (module === undefined) throw new Error('no target');
  const site = { package: 'ai', version: '7.0.0', format: 'module' } as const;
  expect(appendWraps({ source, module, site }).kind).toBe('appended');
});

test.each([
  ['openai.chat', 'openai'],
  ['openai', 'openai'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['Anthropic.messages', 'anthropic'],
  ['openaikin.chat', 'openaikin.chat'],
])('the provider %s is %s to OpenTelemetry', (provider, name) => {
  expect(providerName(provider)).toBe(name);
});

describe('who an agent is', () => {
  test.each([
    [{ id: 'support', telemetry: { functionId: 'f' } }, { name: 'support' }],
    [{ telemetry: { functionId: 'f' } }, { name: 'f' }],
    [{ experimental_telemetry: { functionId: 'f' } }, { name: 'f' }],
    [{ id: 5, telemetry: { functionId: '' } }, {}],
    [
      { runtimeContext: { conversationId: 'c', tenant: 't', onBehalfOf: 'u', other: 'x' } },
      { conversationId: 'c', tenant: 't', onBehalfOf: 'u' },
    ],
  ])('%j is %j', (options, identity) => {
    expect(identityOf(options)).toEqual(identity);
  });
});

test('messages of every kind of part are told in OpenTelemetry’s form', () => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: 'secret' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'hm' },
        { type: 'tool-call', toolCallId: '1', toolName: 't', input: { a: 1 } },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: '1', output: { type: 'json', value: { ok: true } } },
        {
          type: 'tool-result',
          toolCallId: '2',
          output: { type: 'execution-denied', reason: 'no' },
        },
        { type: 'tool-approval-response', approvalId: 'a', approved: false, reason: 'no' },
      ],
    },
  ];
  expect(inputMessages(messages)).toEqual([
    { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
    { role: 'user', parts: [{ type: 'file', mime_type: 'image/png' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm' },
        { type: 'tool_call', id: '1', name: 't', arguments: { a: 1 } },
      ],
    },
    {
      role: 'tool',
      parts: [
        { type: 'tool_call_response', id: '1', response: { ok: true } },
        { type: 'tool_call_response', id: '2', response: { denied: true, reason: 'no' } },
        { type: 'tool_approval_response', approval_id: 'a', approved: false, reason: 'no' },
      ],
    },
  ]);
  expect(systemInstructions([{ role: 'system', content: 'a' }, 'b'])).toEqual([
    { type: 'text', content: 'a' },
    { type: 'text', content: 'b' },
  ]);
  expect(outputMessages([{ type: 'text', text: 'x' }], 'content-filter')).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'x' }], finish_reason: 'content_filter' },
  ]);
});

test('tools of the provider are told by name, without their settings', () => {
  const inputSchema = { type: 'object', properties: {} };
  const args = { authorization: 'Bearer secret' };
  expect(
    toolDefinitions([
      { type: 'function', name: 'f', description: 'd', inputSchema, providerOptions: {} },
      { type: 'provider', id: 'openai.mcp', name: 'mcp', args },
    ]),
  ).toEqual([
    { type: 'function', name: 'f', description: 'd', parameters: inputSchema },
    { type: 'provider', name: 'mcp' },
  ]);
});

test('calls that the SDK marks as invalid are told, but for those of the provider’s tools', () => {
  const error = new Error('no such tool');
  const repair = Object.assign(new Error('not repaired'), { originalError: error });
  const part = { type: 'tool-call', toolCallId: '1', toolName: 'f', input: { a: 1 }, error };
  expect(
    invalidToolCalls([
      part,
      { ...part, invalid: true },
      { ...part, invalid: true, error: repair, toolName: `\ud83d${'x'.repeat(300)}` },
      { ...part, invalid: true, providerExecuted: true },
      { type: 'text', invalid: true },
    ]),
  ).toEqual([
    { tool: 'f', toolCallId: '1', arguments: { a: 1 }, error },
    { tool: `\ufffd${'x'.repeat(255)}`, toolCallId: '1', arguments: { a: 1 }, error },
  ]);
});

describe('telemetry of the application itself', () => {
  const span = { setAttributes: () => undefined };
  const integration = {
    tracer: { startSpan: () => span },
    callStates: new Map([['call-1', { rootSpan: span }]]),
    enrichSpan: (): object => ({ theirs: 1, 'aftertrace.run.id': 'theirs' }),
  };

  test('is found by itself and one level below, and its spans get our attributes at creation', () => {
    const ours = (): Record<string, unknown> => ({ 'aftertrace.run.id': 'ours', ours: 1 });
    for (const integrations of [integration, [{ inner: integration }]]) {
      const found = findNativeTelemetry({ integrations }, ours);
      expect(found?.rootSpan('call-1')).toBe(span);
      expect(found?.rootSpan('call-2')).toBeUndefined();
    }
    const enriched = integration.enrichSpan();
    expect(enriched).toEqual({ theirs: 1, ours: 1, 'aftertrace.run.id': 'theirs' });
  });

  test('is not taken for one where it makes no spans or is switched off', () => {
    for (const telemetry of [
      { isEnabled: false, integrations: integration },
      { integrations: [{ onStart: () => undefined }] },
      { integrations: [] },
      { integrations: [null, 5, { tracer: {} }] },
      undefined,
    ]) {
      expect(findNativeTelemetry(telemetry, () => ({}))).toBeUndefined();
    }
  });
});

test('tools that have no digest are not taken for those of the step before', () => {
  const runtime = createRuntime({
    env: { AFTERTRACE_COMPANION: 'none' },
    home: '',
    now: () => 0,
    writeError: () => undefined,
  });
  const agent = { name: 'support' };
  const versions: SeenVersions = {};
  const invocation = new Invocation(runtime, {
    scope: { run: newRun('run-1', agent, 0), agent, versions },
    ownsRun: false,
    runtimeContext: undefined,
    hasSpan: false,
    parent: ROOT_CONTEXT,
    native: undefined,
    endsWithCallbacks: true,
  });
  const reviewed = { name: 'lookup', inputSchema: { type: 'object' } };
  invocation.modelCallStart({ tools: [reviewed] });
  expect(versions.toolsDigest).toBe(toolsDigest([reviewed]));
  // No canonical JSON has half a character.
  invocation.modelCallStart({ tools: [reviewed, { name: 'pay', description: '\ud800' }] });
  expect(versions.toolsDigest).toBeUndefined();
  expect(runtime.diagnostics.counts().get('ai_sdk.tools')).toBe(1);
  invocation.modelCallStart({ tools: [reviewed] });
  expect(versions.toolsDigest).toBe(toolsDigest([reviewed]));
});
