/**
 * What people and metrics wrote, made harmless for a place where text pings people, links and formats. Every text that is not our own goes
 * through one of these; they are linear and never fail.
 */

/** Control characters, line ends included, and those that turn the direction of writing round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;

/** One line of at most `limit` characters. */
export function plain(text: string, limit = 500): string {
  const line = text
    .slice(0, limit * 2)
    .replace(unprintable, ' ')
    .trim();
  if (line.length <= limit) return line;
  // Half of a pair of surrogates is no character.
  return `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const joint = '\u200b';

/** Nobody follows an address that somebody else chose: `https://` is broken by a character that is not seen. */
const unlinked = (text: string): string => text.replaceAll('://', `:${joint}//`);
const unmentioned = (text: string): string => text.replaceAll('@', `@${joint}`);
const entities = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const backslashed = (text: string): string => text.replace(/[\\`*_{}[\]()#+!|~<>-]/g, '\\$&');

/** Slack's mrkdwn: `<!channel>`, `<@U1>` and `<http://x|text>` all need the angle bracket. */
export const escapeSlack = (text: string): string => unlinked(unmentioned(entities(text))).replace(/[*_~`]/g, `$&${joint}`);
/** Beside it messages carry `allowed_mentions: {parse: []}`. */
export const escapeDiscord = (text: string): string => unlinked(unmentioned(backslashed(text)));
/** Adaptive Cards and messages of Teams: a subset of Markdown, in messages of HTML, too. */
export const escapeTeams = (text: string): string => unlinked(unmentioned(entities(backslashed(text).replace(/\\([<>])/g, '$1'))));
/** A comment: mentions and references to issues count as well. */
export const escapeGithub = (text: string): string => unlinked(unmentioned(entities(backslashed(text).replace(/\\([<>])/g, '$1'))));
