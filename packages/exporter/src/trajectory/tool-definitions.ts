import type { AtifToolDefinition } from '@aftertrace/schema';

import type { RunPart } from '../assemble/partition.ts';
import { isRecord, structured, textField } from '../decode/dialects/attribute-readers.ts';
import { stableText } from '../json/lossless-json.ts';

/** Every definition that some model call of the run was given, once, as ATIF wants it. */
export function toolDefinitionsOf(part: RunPart): readonly AtifToolDefinition[] {
  const definitions = new Map<string, AtifToolDefinition>();
  for (const { view } of part.spans) {
    for (const item of view.model?.toolDefinitions ?? []) {
      const definition = readDefinition(structured(item));
      if (definition === undefined) continue;
      const key = stableText(definition);
      if (!definitions.has(key)) definitions.set(key, definition);
    }
  }
  return [...definitions.values()];
}

/** Where the JSON Schema of the arguments stands: OpenAI and OpenTelemetry, the AI SDK and MCP, Anthropic. */
const PARAMETERS = ['parameters', 'inputSchema', 'input_schema'] as const;

/** The function schema of OpenAI's chat API; `undefined` for what names no tool. What else a definition holds is left out. */
function readDefinition(value: unknown): AtifToolDefinition | undefined {
  if (!isRecord(value)) return undefined;
  const fields = isRecord(value['function']) ? value['function'] : value;
  const name = textField(fields, 'name');
  if (name === undefined) return undefined;
  const description = textField(fields, 'description');
  const parameters = PARAMETERS.map((key) => fields[key]).find(isRecord);
  const strict = fields['strict'];
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters: { ...parameters } }),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  };
}
