import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { DataDir } from '@aftertrace/exporter';
import { onTestFinished } from 'vitest';

import type { Companion, CompanionAddresses, CompanionOptions } from '../companion.ts';
import { createCompanion } from '../create-companion.ts';
import { openOwnDataDir } from '../data-dir.ts';

/** A companion that listens on free ports of loopback, over a directory that goes with the test. */
export interface RunningCompanion {
  readonly companion: Companion;
  readonly addresses: CompanionAddresses;
  readonly dataDir: string;
  /** Open until the test ends, or closes it. */
  readonly directory: DataDir;
  readonly logged: readonly string[];
  /** Asks the console's port. */
  readonly get: (pathname: string, token?: string) => Promise<Response>;
  readonly post: (pathname: string, body: unknown, token?: string) => Promise<Response>;
}

export const TOKEN = 'a-token-for-tests-only';

/** Starts one; the test's end shuts it down. */
export async function runningCompanion(
  options: Partial<CompanionOptions> = {},
): Promise<RunningCompanion> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-companion-'));
  const dataDir = await openOwnDataDir(path.join(folder, 'data'));
  const logged: string[] = [];
  const companion = await createCompanion({
    dataDir,
    token: TOKEN,
    listen: { otlp: { host: '127.0.0.1', port: 0 }, console: { host: '127.0.0.1', port: 0 } },
    destinations: [],
    exporter: {},
    log: (level, message) => void logged.push(`${level} ${message}`),
    now: Date.now,
    ...options,
  });
  onTestFinished(async () => {
    await companion.shutdown(2000);
    await dataDir.close();
    await rm(folder, { recursive: true, force: true });
  });
  const addresses = await companion.start();
  if (addresses === undefined) throw new Error('it should listen');
  const headers = (token: string | undefined): Record<string, string> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    companion,
    addresses,
    dataDir: dataDir.path,
    directory: dataDir,
    logged,
    get: (pathname, token) => fetch(`${addresses.console}${pathname}`, { headers: headers(token) }),
    post: (pathname, body, token) =>
      fetch(`${addresses.console}${pathname}`, {
        method: 'POST',
        headers: { ...headers(token), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

/** A run of an agent without our guard, as OTLP/JSON: one tool call that says that it failed. */
export function foreignRun(
  options: {
    readonly trace?: string;
    readonly conversation?: string;
    readonly user?: string;
    readonly at?: number;
  } = {},
): object {
  const { trace = 'a', conversation = 'conv-1', user = 'ana', at = 1_795_341_600_000 } = options;
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
  const nanos = (millis: number): string => (BigInt(at + millis) * 1_000_000n).toString();
  const span = (id: string, from: number, to: number, attributes: readonly object[]): object => ({
    traceId: trace.repeat(32),
    spanId: id.repeat(16),
    ...(id === '1' ? {} : { parentSpanId: '1'.repeat(16) }),
    name: `span ${id}`,
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(to),
    attributes: [
      text('gen_ai.agent.name', 'py'),
      text('gen_ai.conversation.id', conversation),
      text('user.id', user),
      ...attributes,
    ],
  });
  const spans = [
    span('2', 1, 2, [
      text('gen_ai.operation.name', 'execute_tool'),
      text('gen_ai.tool.name', 'refund'),
      text('gen_ai.tool.call.id', 'c1'),
      text('gen_ai.tool.call.result', '{"success":false,"error":"card declined"}'),
    ]),
    span('1', 0, 9, [text('gen_ai.operation.name', 'invoke_agent')]),
  ];
  return {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'py')] },
        scopeSpans: [{ scope: { name: 'other' }, spans }],
      },
    ],
  };
}

/** Sends OTLP/JSON to a companion. */
export async function sendTraces(otlp: string, body: object): Promise<number> {
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}
