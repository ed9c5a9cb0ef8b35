/** Tells how far the reading of a long file is; often asked, seldom told. */
export type Progress = (lines: number, bytes: number) => void;

const TOLD_EVERY_MILLIS = 2000;
/** The clock is asked only now and then. */
const LINES_BETWEEN = 256;

/**
 * @param size of the file in bytes; `undefined` where it is a pipe, whose end nobody knows.
 * @param tell gets one line every two seconds, and none for a file that is read in less.
 */
export function createProgress(
  size: number | undefined,
  tell: (text: string) => void,
  now: () => number,
): Progress {
  let last = now();
  return (lines, bytes) => {
    if (lines % LINES_BETWEEN !== 0) return;
    const at = now();
    if (at - last < TOLD_EVERY_MILLIS) return;
    last = at;
    const share = size === undefined || size === 0 ? '' : `, ${Math.floor((100 * bytes) / size)} %`;
    tell(`${lines} lines${share}`);
  };
}
