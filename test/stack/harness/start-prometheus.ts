import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { freePort } from './free-port.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

/** One series of an answer, with its newest value. */
export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends RunningProgram {
  readonly url: string;
  /** Answer to an instant query; of a range vector the newest value of each series, of a scalar one without labels. */
  readonly query: (expression: string) => Promise<readonly PrometheusSample[]>;
  /** Any path of its API, `/api/v1/…`, the `data` of the answer. */
  readonly api: (path: string) => Promise<unknown>;
}

export interface PrometheusStart {
  readonly program: string;
  /** Working directory, place of its log and its data. */
  readonly dir: string;
  /** Its configuration; what is relative in it is relative to `dir`. */
  readonly config: object;
  /** Further arguments, for example `--enable-feature=exemplar-storage`. */
  readonly args?: readonly string[];
  /** Default: any that is free. */
  readonly port?: number;
}

const Point = z.tuple([z.number(), z.string()]);
const Labels = z.record(z.string(), z.string());
const Answer = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: Labels, value: Point })),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: Labels, values: z.array(Point) })),
  }),
  z.object({ resultType: z.literal('scalar'), result: Point }),
]);

/** Starts Prometheus with an empty data directory. */
export async function startPrometheus(start: PrometheusStart): Promise<Prometheus> {
  const { program, dir, config, args = [] } = start;
  const port = start.port ?? (await freePort());
  const file = path.join(dir, 'prometheus.json');
  await mkdir(dir, { recursive: true });
  await writeFile(file, JSON.stringify(config, undefined, 2));
  const url = `http://127.0.0.1:${port}`;
  const running = await startProgram({
    name: 'prometheus',
    command: [
      program,
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(dir, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...args,
    ],
    dir,
    ports: [port],
    isReady: () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  const api = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`);
    const answer = (await response.json()) as { data?: unknown; error?: string };
    if (!response.ok) throw new Error(`${path}: ${answer.error ?? response.status}`);
    return answer.data;
  };
  return {
    ...running,
    url,
    api,
    query: async (expression) => {
      const search = new URLSearchParams({ query: expression });
      return samplesOf(Answer.parse(await api(`/api/v1/query?${search.toString()}`)));
    },
  };
}

function samplesOf(answer: z.infer<typeof Answer>): readonly PrometheusSample[] {
  if (answer.resultType === 'scalar') return [{ labels: {}, value: Number(answer.result[1]) }];
  if (answer.resultType === 'vector') {
    return answer.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
  return answer.result.map(({ metric, values }) => ({
    labels: metric,
    value: Number(values.at(-1)?.[1]),
  }));
}
