/** Who is told of a stream's parts and its end, one of which comes once. */
export interface StreamObserver<Part> {
  see(part: Part): void;
  end(): void;
  /** It broke, or its reader went away. */
  fail(error: unknown): void;
}

/** The same parts, errors and cancellation, at the reader's own pace. */
export function observeStream<Part>(
  source: ReadableStream<Part>,
  observer: StreamObserver<Part>,
): ReadableStream<Part> {
  const reader = source.getReader();
  return new ReadableStream<Part>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) {
            observer.end();
            controller.close();
            return;
          }
          observer.see(value);
          controller.enqueue(value);
        } catch (error) {
          observer.fail(error);
          throw error;
        }
      },
      cancel: async (reason) => {
        observer.fail(reason);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
