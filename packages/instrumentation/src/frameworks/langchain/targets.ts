import type { FrameworkTarget } from '../../load-hook/target.ts';
import type { VersionRange } from '../../load-hook/versions.ts';

const core: readonly VersionRange[] = [
  { from: '0.3.0', below: '0.4.0' },
  { from: '1.0.0', below: '2.0.0' },
];
/** From the first with `interrupt()`. */
const graph: readonly VersionRange[] = [
  { from: '0.2.31', below: '0.5.0' },
  { from: '1.0.0', below: '2.0.0' },
];

/**
 * LangChain and LangGraph. Every tool is called in `StructuredTool.prototype.call`, or was made of a runnable in
 * `convertRunnableToTool`; every model in the two methods of
 * `BaseChatModel`, and every graph, `createAgent`'s too, runs in `Pregel.prototype._streamIterator`, streamed or not. Run:
 * core 0.3.0, 0.3.80, 1.0.0, 1.4.0; langgraph 0.2.31, 0.4.10, 1.0.0, 1.7.3; langchain 1.0.1, 1.5.14.
 */
export const targets: readonly FrameworkTarget[] = Object.freeze([
  {
    package: '@langchain/core',
    versions: core,
    modules: [
      { file: /^dist\/runnables\/base\.c?js$/, functions: ['convertRunnableToTool'] },
      { file: /^dist\/tools\/index\.c?js$/, methods: ['StructuredTool.prototype.call'] },
      {
        file: /^dist\/language_models\/chat_models\.c?js$/,
        methods: [
          'BaseChatModel.prototype._generateUncached',
          'BaseChatModel.prototype._streamIterator',
        ],
      },
    ],
  },
  {
    package: '@langchain/langgraph',
    versions: graph,
    modules: [
      { file: /^dist\/pregel\/index\.c?js$/, methods: ['Pregel.prototype._streamIterator'] },
      { file: /^dist\/interrupt\.c?js$/, functions: ['interrupt'] },
      { file: /^dist\/prebuilt\/tool_node\.c?js$/, methods: ['ToolNode.prototype.run'] },
    ],
  },
  {
    package: 'langchain',
    versions: [{ from: '1.0.0', below: '2.0.0' }],
    modules: [
      { file: /^dist\/agents\/nodes\/ToolNode\.c?js$/, methods: ['ToolNode.prototype.run'] },
      {
        file: /^dist\/agents\/middleware\/hitl\.c?js$/,
        functions: ['humanInTheLoopMiddleware'],
      },
    ],
  },
]);
