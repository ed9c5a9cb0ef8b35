/** A key of the form that the Collector masks. */
export const SECRET = 'sk-0123456789abcdefghijklmnop';

export interface ForeignRun {
  /** 16 bytes. */
  readonly traceId: string;
  readonly agent: string;
  readonly tool: string;
  /** What the tool gave back. */
  readonly result: string;
  /** Failed as OpenTelemetry tells it. */
  readonly isError?: boolean;
  /** Further attributes of the tool's span. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A run of an agent that knows nothing of us, as an OTLP/JSON request: an agent and the one tool it used. */
export function foreignRun(run: ForeignRun): string {
  const { traceId, agent, tool, result, isError = false, attributes = {} } = run;
  const end = BigInt(Date.now()) * 1_000_000n;
  const at = (millisBefore: number): string => String(end - BigInt(millisBefore) * 1_000_000n);
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  const spans = [
    {
      traceId,
      spanId: 'aaaaaaaaaaaaaaaa',
      name: `invoke_agent ${agent}`,
      kind: 1,
      startTimeUnixNano: at(900),
      endTimeUnixNano: at(0),
      attributes: [text('gen_ai.operation.name', 'invoke_agent'), text('gen_ai.agent.name', agent)],
    },
    {
      traceId,
      spanId: 'bbbbbbbbbbbbbbbb',
      parentSpanId: 'aaaaaaaaaaaaaaaa',
      name: `execute_tool ${tool}`,
      kind: 1,
      startTimeUnixNano: at(800),
      endTimeUnixNano: at(300),
      attributes: [
        text('gen_ai.operation.name', 'execute_tool'),
        text('gen_ai.agent.name', agent),
        text('gen_ai.tool.name', tool),
        text('gen_ai.tool.call.result', result),
        {
          // A structure, as newer conventions have it, not a text.
          key: 'gen_ai.tool.call.arguments',
          value: { kvlistValue: { values: [text('key', SECRET), text('city', 'Basel')] } },
        },
        ...Object.entries(attributes).map(([key, value]) => text(key, value)),
      ],
      status: isError ? { code: 2 } : {},
    },
  ];
  const resource = { attributes: [text('service.name', 'foreign')] };
  const scope = { name: 'somebody-else' };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
}

/** Hands it to a Collector. */
export async function send(otlp: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${otlp}/v1/traces`, { method: 'POST', headers, body });
  if (!answer.ok)
    throw new Error(`the Collector answered ${answer.status}: ${await answer.text()}`);
}
