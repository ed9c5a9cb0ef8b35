import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as tempo from '@grafana/grafana-foundation-sdk/tempo';

/** How a dashboard asks a trace store, which each data source does in its own way. */
export interface TraceStore {
  /** For a person. */
  readonly name: string;
  /** Grafana's id of the data source plugin. */
  readonly kind: string;
  readonly source: { readonly type: string; readonly uid: string };
  /** Field of the answer to a search that holds trace ids. */
  readonly traceIdField: string;
  /** One trace. */
  readonly byId: (id: string) => cog.Builder<cog.Dataquery>;
  /** Traces in which a tool call failed, as the variables choose. */
  readonly failed: () => cog.Builder<cog.Dataquery>;
}

const UID = '${traces}';
const LIMIT = 50;

export function jaegerStore(): TraceStore {
  const source = { type: 'jaeger', uid: UID };
  const query = (fields: Readonly<Record<string, unknown>>): cog.Builder<cog.Dataquery> => ({
    build: () => ({ refId: 'A', datasource: source, ...fields, _implementsDataqueryVariant() {} }),
  });
  return {
    name: 'Jaeger',
    kind: 'jaeger',
    source,
    traceIdField: 'Trace ID',
    byId: (id) => query({ query: id }),
    // Jaeger compares tags with one value each: several agents or tools cannot be asked for, the table is filtered.
    failed: () =>
      query({
        queryType: 'search',
        service: '${service}',
        operation: 'All',
        tags: 'aftertrace.tool.outcome=failed',
        limit: LIMIT,
      }),
  };
}

export function tempoStore(): TraceStore {
  const source = { type: 'tempo', uid: UID };
  const traceql = (query: string): tempo.DataqueryBuilder =>
    new tempo.DataqueryBuilder().refId('A').datasource(source).queryType('traceql').query(query);
  return {
    name: 'Tempo',
    kind: 'tempo',
    source,
    traceIdField: 'traceID',
    byId: traceql,
    failed: () =>
      traceql(
        // In backquotes nothing is unescaped: Grafana writes a dot as `\\.` and a slash as `\\/`, which within quotes are
        // no escapes that TraceQL knows, and the whole query would be refused. (A name with a backquote still is.)
        '{ resource.service.name = "${service}" && span.aftertrace.tool.outcome = "failed" && span.gen_ai.agent.name =~ `${agent:regex}` && span.gen_ai.tool.name =~ `${tool:regex}` }',
      )
        .limit(LIMIT)
        .tableType(tempo.SearchTableType.Traces),
  };
}
