import { CollectorAnswers, type CollectorAnswersInput } from './collector-answers.ts';
import { writeConnectors } from './write-connectors.ts';
import { writeExporters } from './write-exporters.ts';
import { writeExtensions } from './write-extensions.ts';
import { writeHeader } from './write-header.ts';
import { writePipelines } from './write-pipelines.ts';
import { writeProcessors } from './write-processors.ts';
import { writeReceivers } from './write-receivers.ts';

/**
 * A complete, commented configuration of a stock Collector. Addresses stand as environment variables with the answers
 * as defaults, so that one file serves several places. The text is a function of the answers alone.
 *
 * @throws ZodError where an answer is none
 */
export function writeCollectorConfig(input: CollectorAnswersInput): string {
  const answers = CollectorAnswers.parse(input);
  const parts = [
    writeHeader(answers),
    writeExtensions(answers),
    writeReceivers(answers),
    writeProcessors(answers),
    writeConnectors(answers),
    writeExporters(answers),
    writePipelines(answers),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
