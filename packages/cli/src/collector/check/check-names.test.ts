import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';
import { parseOttl, pathsIn } from './parse-ottl.ts';
import { change, findingsOf, PRODUCTION, TAIL, withProcessor } from './testing/configs.ts';

/** What is said of a processor before the companion: severity, and `?` where it cannot be told. */
function verdictsOf(name: string, settings: object): readonly string[] {
  const definition = `${name}: ${JSON.stringify(settings)}`;
  const findings = findingsOf(checkCollectorConfig(withProcessor(PRODUCTION, definition, name)));
  return findings.map(({ rule, severity }) =>
    rule === 'names-lost' ? severity : rule === 'not-judged' ? '?' : rule,
  );
}

describe('attributes and resource', () => {
  test.each<[object, readonly string[]]>([
    [{ key: 'aftertrace.run.id', action: 'delete' }, ['error']],
    [{ key: 'gen_ai.tool.name', action: 'hash' }, ['error']],
    [{ key: 'aftertrace.of.a.later.version', action: 'delete' }, ['error']],
    [{ pattern: '^gen_ai\\.', action: 'delete' }, ['error']],
    [{ pattern: '(?i)AFTERTRACE', action: 'hash' }, ['error']],
    [{ key: 'aftertrace.tool.outcome', value: 'ok', action: 'upsert' }, ['error']],
    [{ key: 'error.type', action: 'update', value: 'x' }, ['error']],
    // Content may be nobody's business, and outcomes may hang on it.
    [{ key: 'gen_ai.input.messages', action: 'delete' }, ['warning']],
    [{ pattern: '^gen_ai\\.(?:input|output)\\.messages$', action: 'hash' }, ['warning']],
    [{ key: 'gen_ai.prompt', action: 'delete' }, ['warning']],
    [{ pattern: '^gen_ai\\.(?:prompt|completion)$', action: 'delete' }, ['warning']],
    [{ key: 'gen_ai.prompt.0.content', action: 'delete' }, ['warning']],
    [{ pattern: '(?!no such thing in Go)x', action: 'delete' }, ['?']],
    [{ key: 'user.email', action: 'hash' }, []],
    [{ pattern: '^http\\.request\\.header\\.', action: 'delete' }, []],
    [{ key: 'aftertrace.tenant', value: 'a', action: 'upsert' }, []],
    [{ key: 'gen_ai.agent.name', from_attribute: 'agent', action: 'upsert' }, []],
    [{ key: 'aftertrace.tool.outcome', value: 'ok', action: 'insert' }, []],
    [{ key: 'http.url', pattern: '^(?P<host>.*)$', action: 'extract' }, []],
  ])('%j', (action, verdicts) => {
    expect(verdictsOf('attributes/x', { actions: [action] })).toEqual(verdicts);
    expect(verdictsOf('resource/x', { attributes: [action] })).toEqual(verdicts);
  });

  test('of chosen spans cannot be told', () => {
    const actions = [{ key: 'aftertrace.run.id', action: 'delete' }];
    const include = { match_type: 'strict', services: ['web'] };
    expect(verdictsOf('attributes/x', { include, actions })).toEqual(['?']);
  });
});

describe('transform', () => {
  test.each<[string, readonly string[]]>([
    ['delete_key(span.attributes, "aftertrace.run.id")', ['error']],
    ['delete_key(target = attributes, key = "gen_ai.tool.name")', ['error']],
    ['delete_matching_keys(attributes, "^gen_ai")', ['error']],
    ['keep_keys(span.attributes, ["http.route"])', ['error']],
    ['keep_matching_keys(attributes, "^(gen_ai|aftertrace)\\\\.")', ['error']],
    ['keep_matching_keys(attributes, ".")', []],
    ['replace_all_patterns(attributes, "key", "^gen_ai", "llm")', ['error']],
    ['replace_all_patterns(attributes, "value", "fail", "x")', ['error']],
    ['replace_all_matches(attributes, "*", "x")', ['error']],
    ['set(attributes["gen_ai.tool.name"], SHA256(attributes["gen_ai.tool.name"]))', ['error']],
    ['set(span.attributes["aftertrace.tool.outcome"], "ok")', ['error']],
    ['set(span.trace_id, TraceID(0x00))', ['error']],
    ['set(log.event_name, "x")', ['error']],
    ['truncate_all(attributes, 64)', ['error']],
    ['limit(attributes, 10, [])', ['error']],
    ['clear(attributes)', ['error']],
    ['delete_key(attributes, "gen_ai.tool.call.result")', ['warning']],
    // What hangs on something, or is not read here.
    ['delete_key(attributes, "aftertrace.run.id") where attributes["a"] == "b"', ['?']],
    ['set(attributes["aftertrace.tool.outcome"], attributes["mine"])', ['?']],
    ['truncate_all(attributes, 4096)', ['?']],
    ['merge_maps(attributes, ParseJSON(body), "upsert")', ['?']],
    ['conjure(attributes)', ['?']],
    ['this is no statement', ['?']],
    ['delete_key(attributes, "a"', ['?']],
    // Others' own.
    ['delete_key(attributes, "http.url")', []],
    ['delete_key(attributes, "aftertracer")', []],
    ['delete_key(attributes, "http.url") where attributes["a"] == "b"', []],
    ['delete_matching_keys(attributes, "^http\\\\.")', []],
    ['replace_all_patterns(attributes, "value", "sk-[a-z0-9]{20,}", "***")', []],
    ['replace_pattern(attributes["gen_ai.tool.call.arguments"], "sk-[a-z0-9]+", "***")', []],
    ['replace_pattern(name, "/users/[0-9]+", "/users/{id}")', []],
    ['set(attributes["http.route"], "x")', []],
    ['set(resource.attributes["service.name"], "x")', []],
    ['set(attributes["aftertrace.tenant"], resource.attributes["tenant"])', []],
    ['set(cache["a"], attributes["b"])', []],
    ['limit(attributes, 1000, [])', []],
  ])('%s', (statement, verdicts) => {
    for (const section of ['trace_statements', 'log_statements']) {
      expect(verdictsOf('transform/x', { [section]: [statement] })).toEqual(verdicts);
      const group = { context: 'span', statements: [statement] };
      expect(verdictsOf('transform/x', { [section]: [group] })).toEqual(verdicts);
    }
  });

  test.each<[string, readonly string[]]>([
    // As the processor's own documentation has them: of what the companion reads, a resource has little.
    ['keep_keys(attributes, ["service.name", "service.version", "service.instance.id"])', []],
    ['keep_keys(attributes, ["service.name", "service.version"])', ['warning']],
    ['keep_keys(attributes, ["host.name"])', ['error']],
    ['delete_matching_keys(attributes, "^(process|host|error)\\\\.")', []],
    ['limit(attributes, 20, ["service.name"])', ['?']],
    ['truncate_all(attributes, 64)', ['?']],
    ['clear(attributes)', ['error']],
  ])('of resources: %s', (statement, verdicts) => {
    const group = { context: 'resource', statements: [statement] };
    expect(verdictsOf('transform/x', { trace_statements: [group] })).toEqual(verdicts);
    const named = statement.replace('(attributes', '(resource.attributes');
    expect(verdictsOf('transform/x', { log_statements: [named] })).toEqual(verdicts);
  });

  test.each([
    ['scope', []],
    ['spanevent', ['?']],
  ])('of what else a span has: %s', (context, verdicts) => {
    const statements = ['keep_keys(attributes, ["exception.type"])'];
    expect(verdictsOf('transform/x', { trace_statements: [{ context, statements }] })).toEqual(
      verdicts,
    );
  });

  test('under conditions cannot be told', () => {
    const statements = ['delete_key(attributes, "aftertrace.run.id")'];
    const conditions = ['resource.attributes["env"] == "dev"'];
    const group = { context: 'span', conditions, statements };
    expect(verdictsOf('transform/x', { trace_statements: [group] })).toEqual(['?']);
  });

  test('of metrics is nothing to the companion', () => {
    const metric_statements = ['delete_key(attributes, "gen_ai.tool.name")'];
    expect(verdictsOf('transform/x', { metric_statements })).toEqual([]);
  });
});

describe('redaction', () => {
  test.each<[object, readonly string[]]>([
    [{ blocked_key_patterns: ['.*token.*'] }, ['warning']],
    [{ blocked_key_patterns: ['tool'] }, ['error']],
    [{ blocked_values: ['[0-9a-f]{32,}'] }, ['error']],
    [{ blocked_values: ['.+'] }, ['error']],
    [{ blocked_values: ['(?=x)'] }, ['?']],
    [{ blocked_key_patterns: ['^password$'], blocked_values: ['4[0-9]{12}'] }, []],
  ])('%j', (settings, verdicts) => {
    expect(verdictsOf('redaction/x', { allow_all_keys: true, ...settings })).toEqual(verdicts);
  });
});

describe('filter', () => {
  const TEARS = ['filter-tears-traces'];
  test.each<[object, readonly string[]]>([
    [{ traces: { span: ['name == "GET /healthz"'] } }, TEARS],
    [{ logs: { log_record: ['severity_number < SEVERITY_NUMBER_WARN'] } }, TEARS],
    [{ traces: { span: ['true'] } }, TEARS],
    [{ traces: { span: ['resource.attributes["a"] == "b" and attributes["c"] == "d"'] } }, TEARS],
    [{ trace_conditions: ['span.kind == SPAN_KIND_SERVER'] }, TEARS],
    [{ log_conditions: [{ context: 'log', conditions: ['body == "x"'] }] }, TEARS],
    [{ logs: { include: { match_type: 'strict', severity_number: { min: 'WARN' } } } }, TEARS],
    [{ spans: { exclude: { match_type: 'regexp', span_names: ['GET .*'] } } }, TEARS],
    [{ traces: { span: ['no " condition'] } }, ['?']],
    // Whole processes are somebody's choice.
    [{ traces: { span: ['IsMatch(resource.attributes["service.name"], "^web-")'] } }, []],
    [{ traces: { resource: ['attributes["env"] == "dev"'] } }, []],
    [{ trace_conditions: [{ context: 'resource', conditions: ['attributes["a"] == "b"'] }] }, []],
    [{ spans: { exclude: { match_type: 'strict', services: ['web'] } } }, []],
    [{ metrics: { metric: ['name == "x"'] } }, []],
    [{ traces: { spanevent: ['name == "x"'] } }, []],
  ])('%j', (settings, verdicts) => {
    expect(verdictsOf('filter/x', settings)).toEqual(verdicts);
  });
});

test('what is done for viewers alone is nothing to the companion', () => {
  const text = change(
    change(TAIL, 'tail_sampling/viewers]', 'tail_sampling/viewers, attributes/viewers]'),
    'processors:\n',
    'processors:\n  attributes/viewers: { actions: [{ pattern: ".*", action: delete }] }\n',
  );
  expect(findingsOf(checkCollectorConfig(text))).toEqual([]);
});

test('no text makes reading a statement throw, or take long', () => {
  const word = fc.constantFrom('set', '(', ')', '[', '"a"', '"', ',', 'attributes', 'where', '\\');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(' ')),
      ),
      (text) => {
        expect(() => [parseOttl(text), pathsIn(text)]).not.toThrow();
      },
    ),
  );
  // Read again from each beginning it would take hours: the test would run into its own time limit.
  for (const beginning of ['"\\', '"', '(', 'a(', 'a['])
    expect(() => parseOttl(beginning.repeat(100_000))).not.toThrow();
});
