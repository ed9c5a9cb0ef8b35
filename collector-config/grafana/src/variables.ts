import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

type Variable = cog.Builder<dashboard.VariableModel>;

/** The Prometheus that a person chooses when importing, or the default one. */
export const METRICS = { type: 'prometheus', uid: '${metrics}' } as const;

/** Chooses the data source by its kind, so that a dashboard fits any Grafana. */
export function sourceVariable(name: string, label: string, kind: string): Variable {
  return new dashboard.DatasourceVariableBuilder(name).label(label).type(kind);
}

export const metricsSource = (): Variable => sourceVariable('metrics', 'Metrics', 'prometheus');

/** Values of a label that some series has; with "All", which also takes in series without the label. */
function labelVariable(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(METRICS)
    .query({ query, refId: name })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalCaseInsensitiveAsc);
}

const ALL = { text: 'All', value: '$__all' };

function several(variable: dashboard.QueryVariableBuilder): Variable {
  return variable.multi(true).includeAll(true).allValue('.*').current(ALL);
}

const SERVICES = 'label_values({gen_ai_operation_name!=""}, service_name)';

export const serviceVariable = (): Variable =>
  several(labelVariable('service', 'Service', SERVICES));

export const agentVariable = (): Variable =>
  several(
    labelVariable('agent', 'Agent', 'label_values({gen_ai_agent_name!=""}, gen_ai_agent_name)'),
  );

export const toolVariable = (): Variable =>
  several(labelVariable('tool', 'Tool', 'label_values({gen_ai_tool_name!=""}, gen_ai_tool_name)'));

/** Exactly one: trace stores search in one service. */
export const oneServiceVariable = (): Variable => labelVariable('service', 'Service', SERVICES);

/** Where the companion's pages are, unless told otherwise: on the same machine as the browser. */
const COMPANION_URL = 'http://127.0.0.1:4320';

/**
 * The address of the companion's pages, where a person shows a token. A constant that no link sets: who follows a link to
 * a dashboard must not be led on to a stranger's page that asks for one.
 */
export function companionVariable(): Variable {
  const variable = new dashboard.ConstantVariableBuilder('companion')
    .label('Companion')
    .description("Where the companion's pages are: the address of its console.")
    .value(COMPANION_URL)
    .build();
  const current = { selected: true, text: COMPANION_URL, value: COMPANION_URL };
  const hide = dashboard.VariableHide.HideVariable;
  return { build: () => ({ ...variable, current, hide, skipUrlSync: true }) };
}

/** What a person types in. */
export function textVariable(name: string, label: string, value: string): Variable {
  return new dashboard.TextBoxVariableBuilder(name).label(label).defaultValue(value);
}
