import { STORY } from '@aftertrace-examples/first-flight/story';

/** The story's first act, without the customers for whom a person would have to be asked. */
export const TOLD = STORY.filter(
  ({ act, calls }) =>
    act === 'before' && !calls.some(({ truth }) => truth.is === 'denied' && truth.by === 'person'),
);
