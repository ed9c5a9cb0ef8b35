import { MCP_LACKS, mcpAgent, NO_MODEL } from '../child/mcp-agent.ts';
import { sdkLine } from '../child/mcp-lines.ts';
import type { FrameworkUnderTest } from '../framework-under-test.ts';

/** A server that the client starts. */
export const framework: FrameworkUnderTest = {
  name: 'mcp-sdk-stdio',
  package: '@modelcontextprotocol/sdk',
  installs: [
    { folder: 'mcp-sdk-1', formats: ['esm', 'cjs'] },
    { folder: 'mcp-sdk-1.0', formats: ['esm'] },
  ],
  lacks: MCP_LACKS,
  noChatSpans: NO_MODEL,
  open: async (world) => mcpAgent(world, await sdkLine(world, 'stdio')),
};
