/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the sender gave no name. */
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of server-sent events piece by piece. */
export interface SseParser {
  /**
   * Takes the next piece of text and gives the events that it completes.
   * `undefined`: an event is longer than allowed, and nothing of this stream can be trusted any more.
   */
  push(text: string): readonly ServerSentEvent[] | undefined;
}

/** By the HTML standard, without `id` and `retry`, which this protocol does not use. `maxLength` is in UTF-16 units. */
export function createSseParser(maxLength: number): SseParser {
  let buffer = '';
  let event = '';
  let data: string[] = [];
  let dataLength = 0;
  let endedInCarriageReturn = false;
  const takeLine = (line: string, events: ServerSentEvent[]): void => {
    if (line === '') {
      if (data.length > 0)
        events.push({ event: event === '' ? 'message' : event, data: data.join('\n') });
      event = '';
      data = [];
      dataLength = 0;
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') {
      data.push(value);
      dataLength += value.length + 1;
    }
  };
  return {
    push: (text) => {
      const events: ServerSentEvent[] = [];
      // A line end of CR LF may be torn apart between two pieces.
      const rest = endedInCarriageReturn && text.startsWith('\n') ? text.slice(1) : text;
      if (text !== '') endedInCarriageReturn = text.endsWith('\r');
      const lines = (buffer + rest).split(/\r\n|\n|\r/);
      buffer = lines.pop() ?? '';
      for (const line of lines) takeLine(line, events);
      return buffer.length + dataLength > maxLength ? undefined : events;
    },
  };
}
