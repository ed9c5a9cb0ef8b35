/**
 * Stands for the command `claude` where the guide is tested: it sends what Claude Code 2.1.330 sent for
 * `claude -p "Refund order 1100." --allowedTools …` when it ran against a model server of the loopback on 2026-11-23, with
 * fresh ids and times. Without a variable that Claude Code needs it sends nothing, as that does.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const RECORDED = new URL('claude-code-2.1.330.json', import.meta.url);
/** Of the recording. */
const LAST_NANOS = 1_795_421_261_813_093_062n;
const IDS = {
  trace: 'abb9fab0fd0a73affbf92a4d26a7f66b',
  session: '7b00fc52-3621-419b-80b9-edc0c990b281',
  prompt: '8cdd3b95-a8a5-4402-be4c-f9e4445f5281',
} as const;
/** With these it was recorded; a page that asks for less needs a recording of its own. */
const CONTENT = ['OTEL_LOG_USER_PROMPTS', 'OTEL_LOG_ASSISTANT_RESPONSES', 'OTEL_LOG_TOOL_DETAILS'];

const { env } = process;
const isOn = (name: string): boolean => env[name] === '1';

async function sendAll(): Promise<void> {
  if (!isOn('CLAUDE_CODE_ENABLE_TELEMETRY') || env['OTEL_EXPORTER_OTLP_PROTOCOL'] === undefined) {
    return;
  }
  const missing = CONTENT.filter((name) => !isOn(name));
  if (missing.length > 0) throw new Error(`recorded with ${missing.join(', ')}`);
  const fresh = refreshed(await readFile(RECORDED, 'utf8'));
  const { traces, logs } = JSON.parse(fresh) as {
    readonly traces: unknown;
    readonly logs: unknown;
  };
  const traced =
    isOn('CLAUDE_CODE_ENHANCED_TELEMETRY_BETA') && env['OTEL_TRACES_EXPORTER'] === 'otlp';
  if (traced) await send('traces', traces);
  if (env['OTEL_LOGS_EXPORTER'] === 'otlp') await send('logs', logs);
}

/** As of now, of a trace, session and prompt that nobody has seen. */
function refreshed(recorded: string): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  return recorded
    .replaceAll(IDS.trace, randomBytes(16).toString('hex'))
    .replaceAll(IDS.session, randomUUID())
    .replaceAll(IDS.prompt, randomUUID())
    .replaceAll(/"(\d{19})"/g, (_match, nanos: string) => `"${BigInt(nanos) - LAST_NANOS + now}"`);
}

async function send(signal: 'traces' | 'logs', body: unknown): Promise<void> {
  const endpoint = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? 'http://127.0.0.1:4318';
  const response = await fetch(`${endpoint}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${signal}: ${response.status}`);
}

await sendAll();
process.stdout.write('Your refund is on its way.\n');
