import { appendFileSync } from 'node:fs';
import { type ApiLine, type ApiRequest, attemptOf, isWatch, parsePath, type User } from '../../../../src/sandbox/api/index.ts';

export interface AuditLog {
  /** The line, with a word about each request that was answered. */
  audited(line: ApiLine): ApiLine;
  /** Writes down what has come together. */
  flush(): void;
}

/** What an API server's audit log has of a request (policy level Metadata), in the same words: audit.ts reads both. */
export function auditLog(file: string, whoIs: (request: ApiRequest) => User | undefined): AuditLog {
  let lines: string[] = [];
  function note(request: ApiRequest, receivedMs: number, code: number): void {
    const path = parsePath(request.path);
    if (path === undefined) return;
    const isStream = isWatch(request);
    const { verb, resource, subresource, namespace, name } = attemptOf(request, path, isStream);
    lines.push(
      JSON.stringify({
        stage: isStream ? 'ResponseStarted' : 'ResponseComplete',
        verb,
        user: { username: whoIs(request)?.username ?? 'system:anonymous' },
        userAgent: request.headers?.['user-agent'],
        objectRef: { resource, subresource, namespace, name },
        responseStatus: { code },
        requestReceivedTimestamp: new Date(receivedMs).toISOString(),
      }),
    );
  }
  return {
    audited: (line) => ({
      send(request, done) {
        const receivedMs = Date.now();
        line.send(request, (outcome) => {
          if (outcome.kind === 'answered') note(request, receivedMs, outcome.answer.status);
          done(outcome);
        });
      },
      watch(request, listener) {
        const receivedMs = Date.now();
        return line.watch(request, {
          ...listener,
          onHead(head) {
            if (head.kind === 'answered') note(request, receivedMs, head.answer.status);
            listener.onHead(head);
          },
        });
      },
      watches: () => line.watches(),
    }),
    flush() {
      if (lines.length === 0) return;
      appendFileSync(file, `${lines.join('\n')}\n`);
      lines = [];
    },
  };
}
