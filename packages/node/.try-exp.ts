import { mkdtempSync } from 'node:fs';
import { createOtlpReceiver, createPipeline, readTrajectories } from '/work/main/packages/exporter/src/index.ts';
import { startModelServer } from '/work/main/packages/node/src/testing/model-server.ts';
import { runApp } from '/work/main/packages/node/src/testing/run-app.ts';
const dir = mkdtempSync('/tmp/try-exp-');
const model = await startModelServer({ invalid: [{ tool: 'refund', arguments: '{"order":' }] });
const pipeline = createPipeline({ dataDir: dir, onFinding: (f) => console.log('FINDING', f.kind, f.summary, f.fingerprintParts) });
await pipeline.start();
const receiver = createOtlpReceiver({ port: 0, accept: (r) => pipeline.accept(r) });
const started: any = await receiver.start();
const url = started?.url ?? `http://127.0.0.1:${started?.port ?? (receiver as any).port ?? (receiver as any).address?.port}`;
console.log(url);
for (const [prompt, modelUrl] of [['invalid', model.url], ['hello', 'http://127.0.0.1:1/v1']] as const) {
  const r = await runApp({ app: 'agent.ts', args: [prompt], env: { MODEL_URL: modelUrl, AFTERTRACE_OTLP: url, OTEL_SERVICE_NAME: 'shop', OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' } });
  console.log(r.code, r.stdout.slice(0, 200), r.stderr.slice(0, 300));
}
await pipeline.shutdown(5000); await receiver.shutdown?.(); await model.close();
for await (const { trajectory: t } of readTrajectories(dir)) {
  console.log(JSON.stringify({ o: t.extra.aftertrace.outcome, t: t.extra.aftertrace.toolOutcomes, gaps: t.extra.aftertrace.completeness, defs: t.agent.tool_definitions?.slice(0, 2), steps: t.steps }, null, 1));
}
process.exit(0);
