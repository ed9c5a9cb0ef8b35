import { expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';
import { findingsOf } from './testing/configs.ts';

const FEW = 60;
/** Twice as much to read is twice as much to do, with something over for what is sorted. */
const AT_MOST = 2.2;

const list = (count: number, name: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => name(index)).join(', ');
const entries = (count: number, entry: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `  ${entry(index)}\n`).join('');

/** Files in which everything that may be many is many, and all that is many meets in one place. */
const SHAPES: readonly (readonly [name: string, (count: number) => string])[] = [
  [
    'exporters of one pipeline, each with a storage of its own',
    (count) => `\
extensions:
${entries(count, (index) => `file_storage/${index}: { fsync: true }`)}
receivers: { otlp: { protocols: { http: {} } } }
exporters:
${entries(count, (index) => `otlp_http/companion-${index}: { endpoint: "http://h${index}:4318", sending_queue: { storage: file_storage/${index} } }`)}
service:
  extensions: [${list(count, (index) => `file_storage/${index}`)}]
  pipelines: { traces: { receivers: [otlp], exporters: [${list(count, (index) => `otlp_http/companion-${index}`)}] } }
`,
  ],
  [
    'exporters behind a connector, and pipelines before it',
    (count) => `\
receivers: { otlp: { protocols: { http: { endpoint: "localhost:4318" } } } }
processors:
${entries(count, (index) => `batch/${index}: {}`)}
connectors: { forward: {} }
exporters:
${entries(count, (index) => `otlp_http/companion-${index}: { endpoint: "http://localhost:4318" }`)}
service:
  pipelines:
${entries(count, (index) => `  traces/${index}: { receivers: [otlp], processors: [batch/${index}], exporters: [forward] }`)}
    traces/out: { receivers: [forward], exporters: [${list(count, (index) => `otlp_http/companion-${index}`)}] }
`,
  ],
  [
    'balancers, samplers and connectors in a chain',
    (count) => `\
receivers: { otlp: { protocols: { http: {} } } }
processors: { tail_sampling: {} }
connectors:
${entries(count, (index) => `forward/${index}: {}`)}
${entries(count, (index) => `span_metrics/${index}: {}`)}
exporters:
${entries(count, (index) => `load_balancing/${index}: { routing_key: traceID }`)}
service:
  pipelines:
    traces/in: { receivers: [otlp], processors: [tail_sampling], exporters: [forward/0] }
${entries(count, (index) => `  traces/${index}: { receivers: [forward/${index}], processors: [tail_sampling], exporters: [forward/${index + 1}, load_balancing/${index}, span_metrics/${index}] }`)}
`,
  ],
];

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts others in the place of methods as long as something is done. */
function replacing(
  methods: readonly (readonly [object, string, (was: Method) => Method])[],
  use: () => void,
): void {
  const were = methods.map(([owner, name, make]) => {
    const was = Reflect.get(owner, name) as Method;
    return [owner, name, was, make(was)] as const;
  });
  try {
    for (const [owner, name, , counting] of were) Reflect.set(owner, name, counting);
    use();
  } finally {
    for (const [owner, name, was] of were) Reflect.set(owner, name, was);
  }
}

/** What goes through a list, and calls back for each. */
const WALKS = ['every', 'filter', 'find', 'findIndex', 'flatMap', 'forEach', 'map', 'some'];
const ITERATORS = [
  [][Symbol.iterator](),
  new Set()[Symbol.iterator](),
  new Map()[Symbol.iterator](),
];

/** How many items of lists, sets and maps are touched on the way from a text to its findings. */
function stepsOf(text: string): number {
  let steps = 0;
  const countingWalk = (was: Method): Method =>
    function walk(this: unknown, use, self) {
      const counted = (...args: unknown[]): unknown => {
        steps += 1;
        return Reflect.apply(use as Method, self, args);
      };
      return Reflect.apply(was, this, [counted]);
    };
  const countingNext = (was: Method): Method =>
    function next(this: unknown) {
      steps += 1;
      return Reflect.apply(was, this, []);
    };
  const iterators = ITERATORS.map((one) => Object.getPrototypeOf(one) as object);
  replacing(
    [
      ...WALKS.map((name) => [Array.prototype, name, countingWalk] as const),
      ...iterators.map((iterator) => [iterator, 'next', countingNext] as const),
    ],
    () => findingsOf(checkCollectorConfig(text)),
  );
  return steps;
}

test.each(SHAPES)('twice as many take twice as much: %s', (_, shape) => {
  const [few, many] = [stepsOf(shape(FEW)), stepsOf(shape(2 * FEW))];
  expect(few).toBeGreaterThan(FEW * 10);
  expect(many / few).toBeLessThan(AT_MOST);
});
