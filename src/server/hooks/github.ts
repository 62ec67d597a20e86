import { z } from 'zod';
import { escapeGithub, plain } from '../../core/chat/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { readJson, textOf } from './body.ts';
import type { Channel, Outcome, Push } from './channel.ts';
import { readLine } from './order.ts';
import { linesOf, say } from './say.ts';
import { verifyGithub } from './signature.ts';

/** GitHub: a comment of an issue or pull request that begins with `/sluice`, as with Prow. docs/chat.md says why not deployment protection rules. */

export interface GithubContext {
  /** `https://api.github.com/repos/o/r/issues/7/comments`; undefined where the address is none. */
  readonly comments: string | undefined;
}

const number = z.int().min(1);

const event = z.object({
  action: z.string().max(64),
  comment: z.object({ id: number, body: z.string(), created_at: z.string().max(40), user: z.object({ id: number }) }),
  issue: z.object({ number, comments_url: z.string().max(1_000).optional() }),
  sender: z.object({ id: number }),
});

const nothing = { kind: 'answered', reply: { status: 204 } } as const;

export const github: Channel<GithubContext> = {
  name: 'github',
  mediaTypes: ['application/json'],
  /** GitHub waits for 10 s. */
  deadlineMs: 8_000,
  verify: verifyGithub,
  read(body, { headers }) {
    // The event's name is not signed: it may only lead to doing nothing.
    const kind = headers['x-github-event'];
    if (kind !== 'issue_comment') return ok(nothing);
    const text = textOf(body);
    if (!text.ok) return text;
    const read = readJson(event, text.value);
    if (!read.ok) return read;
    const { action, comment, issue, sender } = read.value;
    const line = comment.body.slice(0, 4_000).split(/\r?\n/, 1)[0] ?? '';
    // An edit is a word that others may have put into somebody's mouth.
    if (action !== 'created' || !/^\/sluice(\s|$)/.test(line)) return ok(nothing);
    if (comment.user.id !== sender.id) return fail('the comment is not the sender’s');
    const atMs = Date.parse(comment.created_at);
    if (!Number.isFinite(atMs)) return fail('the comment has no time');
    const account = { key: `github.${sender.id}`, shown: String(sender.id) };
    const context = { comments: addressOf(issue.comments_url) };
    return ok({ kind: 'order', order: readLine(line.slice('/sluice'.length)), account, atMs, id: String(comment.id), context });
  },
  answer: (outcome, context) => ({
    reply: { status: 200, body: { message: linesOf(say(outcome).card).join('\n') } },
    pushes: comment(outcome, context),
  }),
  working: () => ({ status: 202, body: { message: 'Being worked on.' } }),
  later: comment,
};

/** The path of a comment's address; the host is the operator's setting, never the payload's. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  return /\/repos\/[\w.-]{1,100}\/[\w.-]{1,100}\/issues\/[0-9]{1,10}\/comments$/.exec(new URL(text).pathname)?.[0];
}

function comment(outcome: Outcome, { comments }: GithubContext): readonly Push[] {
  if (comments === undefined) return [];
  const [title = '', ...lines] = linesOf(say(outcome).card).map((line) => escapeGithub(plain(line)));
  return [{ method: 'POST', url: comments, body: { body: [`**${title}**`, ...lines].join('\n\n') }, bearer: 'github' }];
}
