/** One tool call with a result of so many characters, as an OTLP/JSON request; without a root, as if its run went on. */
export function largePart(index: number, characters: number): string {
  const end = BigInt(Date.now()) * 1_000_000n;
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  const span = {
    traceId: index.toString(16).padStart(32, 'd'),
    spanId: index.toString(16).padStart(16, 'e'),
    parentSpanId: 'ffffffffffffffff',
    name: 'execute_tool read',
    kind: 1,
    startTimeUnixNano: String(end - 1_000_000n),
    endTimeUnixNano: String(end),
    attributes: [
      text('gen_ai.operation.name', 'execute_tool'),
      text('gen_ai.tool.name', 'read'),
      text('gen_ai.tool.call.result', 'x'.repeat(characters)),
    ],
  };
  const resource = { attributes: [text('service.name', 'foreign')] };
  const scopeSpans = [{ scope: { name: 'somebody-else' }, spans: [span] }];
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] });
}
