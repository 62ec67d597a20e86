/** What never ends by itself while the API server is away must not hold up a stop. */
export function raceAbort<T>(running: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([running, aborted]);
}
