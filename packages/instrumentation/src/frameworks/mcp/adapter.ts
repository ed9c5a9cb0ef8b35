import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapCallTool } from './call-tool.ts';
import { wrapListTools } from './list-tools.ts';
import { wrapRequest, wrapRequestStream } from './request.ts';

/** MCP clients, of both lines of the TypeScript SDK. */
export const mcp: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined => {
    switch (site.symbol) {
      case 'Client.prototype.callTool':
        return wrapCallTool(
          runtime,
          original,
          site.package === '@modelcontextprotocol/sdk' ? 2 : 1,
        );
      case 'Client.prototype.listTools':
        return wrapListTools(runtime, original);
      case 'Protocol.prototype.request':
        return wrapRequest(runtime, original);
      case 'Protocol.prototype.requestStream':
        return wrapRequestStream(runtime, original);
      default:
        return undefined;
    }
  },
});
