import { MCP_LACKS, mcpAgent, NO_MODEL } from '../child/mcp-agent.ts';
import { sdkLine } from '../child/mcp-lines.ts';
import type { FrameworkUnderTest } from '../framework-under-test.ts';

/** Streamable HTTP. */
export const framework: FrameworkUnderTest = {
  name: 'mcp-sdk',
  package: '@modelcontextprotocol/sdk',
  installs: [
    { folder: 'mcp-sdk-1', formats: ['esm', 'cjs'] },
    // The first with streamable HTTP.
    { folder: 'mcp-sdk-1.10', formats: ['esm', 'cjs'] },
  ],
  lacks: MCP_LACKS,
  noChatSpans: NO_MODEL,
  open: async (world) => mcpAgent(world, await sdkLine(world, 'http')),
};
