import { MCP_LACKS, mcpAgent, NO_MODEL } from '../child/mcp-agent.ts';
import { clientLine } from '../child/mcp-lines.ts';
import type { FrameworkUnderTest } from '../framework-under-test.ts';

/** Streamable HTTP. */
export const framework: FrameworkUnderTest = {
  name: 'mcp-client',
  package: '@modelcontextprotocol/client',
  installs: [
    { folder: 'mcp-client-2', formats: ['esm', 'cjs'] },
    { folder: 'mcp-client-2-first', formats: ['esm', 'cjs'] },
  ],
  lacks: MCP_LACKS,
  noChatSpans: NO_MODEL,
  open: async (world) => mcpAgent(world, await clientLine(world, 'http')),
};
