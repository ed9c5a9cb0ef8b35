export {
  startAgents,
  type Agents,
  type AgentsStart,
} from '@aftertrace-examples/stack/start-agents';
