import type { FrameworkTarget } from '../../load-hook/target.ts';
import { majors } from '../../load-hook/versions.ts';

const client = ['Client.prototype.callTool', 'Client.prototype.listTools'];
const request = 'Protocol.prototype.request';
const v1Client = { file: /^dist\/(?:esm\/|cjs\/)?client\/index\.js$/, methods: client };
const v1Protocol = /^dist\/(?:esm\/|cjs\/)?shared\/protocol\.js$/;

/**
 * MCP clients. `Client.prototype.callTool` is where a tool is called, `Protocol.prototype.request` what it and whoever goes
 * around it ends in; tasks (1.24 on) go through `requestStream` besides. Run: 1.0.0, 1.23.0, 1.24.0, 1.32.2; 2.0.0, 2.4.0.
 */
export const targets: readonly FrameworkTarget[] = Object.freeze([
  {
    package: '@modelcontextprotocol/sdk',
    versions: [{ from: '1.0.0', below: '1.24.0' }],
    modules: [v1Client, { file: v1Protocol, methods: [request] }],
  },
  {
    package: '@modelcontextprotocol/sdk',
    versions: [{ from: '1.24.0', below: '2.0.0' }],
    modules: [
      v1Client,
      { file: v1Protocol, methods: [request, 'Protocol.prototype.requestStream'] },
    ],
  },
  {
    package: '@modelcontextprotocol/client',
    versions: majors(2),
    // Built into chunks whose names have hashes: `index` in 2.0, `public-…` in 2.4.
    modules: [
      { file: /^dist\/[\w-]+\.[cm]js$/, contains: 'var Client = class extends ', methods: client },
      { file: /^dist\/[\w-]+\.[cm]js$/, contains: 'var Protocol = class {', methods: [request] },
    ],
  },
]);
