/** The sum of a metric's series whose labels hold a text, as a program tells them to Prometheus; 0 where it has none. */
export async function scrapeSum(url: string, metric: string, label = ''): Promise<number> {
  const text = await (await fetch(url)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
