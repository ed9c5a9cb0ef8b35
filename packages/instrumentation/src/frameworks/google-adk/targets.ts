import type { FrameworkTarget, ModuleTarget } from '../../load-hook/target.ts';

const modules: readonly ModuleTarget[] = [
  {
    file: /^dist\/(?:esm|cjs)\/agents\/functions\.js$/,
    functions: ['callToolAsync', 'getToolAndContext'],
  },
  { file: /^dist\/(?:esm|cjs)\/telemetry\/tracing\.js$/, functions: ['traceAgentInvocation'] },
];
const agents = /^dist\/(?:esm|cjs)\/agents\/base_agent\.js$/;
const security = /^dist\/(?:esm|cjs)\/plugins\/security_plugin\.js$/;

/**
 * Google's Agent Development Kit. `callToolAsync` is where a tool is called, `BaseAgent.prototype.runAsync` where an agent runs,
 * and `traceAgentInvocation` where ADK writes on the span that it opened itself. Run: 1.1.0, 1.6.0, 2.0.0. Not 1.0: it is one
 * minified bundle, in which nothing has a name.
 */
export const targets: readonly FrameworkTarget[] = Object.freeze([
  {
    package: '@google/adk',
    versions: [{ from: '1.1.0', below: '2.0.0' }],
    modules: [
      ...modules,
      { file: agents, methods: ['BaseAgent.prototype.runAsync'] },
      { file: security, methods: ['SecurityPlugin.prototype.beforeToolCallback'] },
    ],
  },
  {
    package: '@google/adk',
    versions: [{ from: '2.0.0', below: '3.0.0' }],
    modules: [
      ...modules,
      { file: agents, methods: ['_BaseAgent.prototype.runAsync'] },
      { file: security, methods: ['_SecurityPlugin.prototype.beforeToolCallback'] },
    ],
  },
]);
