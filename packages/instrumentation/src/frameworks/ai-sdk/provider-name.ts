/** Prefixes of AI SDK provider names, longest first, and what OpenTelemetry calls them (as `@ai-sdk/otel` 1.0 maps them). */
const PREFIXES: readonly (readonly [prefix: string, name: string])[] = [
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['azure-openai', 'azure.ai.openai'],
  ['perplexity', 'perplexity'],
  ['anthropic', 'anthropic'],
  ['deepseek', 'deepseek'],
  ['bedrock', 'aws.bedrock'],
  ['mistral', 'mistral_ai'],
  ['cohere', 'cohere'],
  ['google', 'gcp.gemini'],
  ['openai', 'openai'],
  ['azure', 'azure.ai.inference'],
  ['groq', 'groq'],
  ['xai', 'x_ai'],
];

/** `gen_ai.provider.name` for a provider of the AI SDK such as `openai.chat`; an unknown one keeps its own name. */
export function providerName(provider: string): string {
  const lower = provider.toLowerCase();
  for (const [prefix, name] of PREFIXES) {
    if (lower === prefix || lower.startsWith(`${prefix}.`) || lower.startsWith(`${prefix}-`)) {
      return name;
    }
  }
  return provider;
}
