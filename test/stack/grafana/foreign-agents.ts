/** Agents in other languages, without a guard, as OTLP/JSON of OpenTelemetry's own names. */

interface ForeignSpan {
  readonly operation: string;
  readonly attributes: readonly object[];
  readonly isError?: boolean;
}

const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });

const toolCall = (tool: string, result: string): ForeignSpan => ({
  operation: 'execute_tool',
  attributes: [text('gen_ai.tool.name', tool), text('gen_ai.tool.call.result', result)],
});

/**
 * A run in which a result says that it failed, another looks like it, a person refuses a call, and a model does not
 * answer.
 */
export async function sendUnguarded(otlp: string): Promise<void> {
  await sendRun(otlp, 'py-agent', [
    toolCall('charge', '{"success":false,"error":"card declined"}'),
    toolCall('look_up', 'Error: connection refused'),
    toolCall('delete_account', 'The user rejected this tool call'),
    { operation: 'chat', attributes: [text('gen_ai.request.model', 'some-model')], isError: true },
  ]);
}

/** More tools than metrics keep apart: a model that invents their names. */
export async function sendInvented(otlp: string, tools: number): Promise<void> {
  const calls = Array.from({ length: tools }, (_, index) =>
    toolCall(`tool-${index}`, '{"ok":true}'),
  );
  const PER_RUN = 100;
  for (let first = 0; first < calls.length; first += PER_RUN)
    await sendRun(otlp, 'inventive-agent', calls.slice(first, first + PER_RUN));
}

async function sendRun(
  otlp: string,
  agent: string,
  children: readonly ForeignSpan[],
): Promise<void> {
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
  const [traceId, root] = [hex(32), hex(16)];
  const nanos = (after: number): string => (BigInt(Date.now() + after) * 1_000_000n).toString();
  const span = (own: object, { operation, attributes, isError = false }: ForeignSpan): object => ({
    traceId,
    startTimeUnixNano: nanos(-20),
    endTimeUnixNano: nanos(0),
    name: operation,
    attributes: [
      text('gen_ai.agent.name', agent),
      text('gen_ai.operation.name', operation),
      ...attributes,
    ],
    status: isError ? { code: 2 } : {},
    ...own,
  });
  const spans = [
    ...children.map((child) => span({ spanId: hex(16), parentSpanId: root }, child)),
    span({ spanId: root }, { operation: 'invoke_agent', attributes: [] }),
  ];
  const resource = { attributes: [text('service.name', agent)] };
  const scopeSpans = [{ scope: { name: 'other' }, spans }];
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }),
  });
  if (!response.ok) throw new Error(`the Collector answered ${response.status}`);
}
