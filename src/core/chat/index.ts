export { decodeButton, encodeButton, type GateRef, printOf } from './button.ts';
export { type Card, commandOf, gateCard, type Named, type OwnWord, statusCard } from './card.ts';
export { discordMessage, noMentions } from './discord.ts';
export { escapeDiscord, escapeGithub, escapeSlack, escapeTeams, plain } from './escape.ts';
export { slackMessage } from './slack.ts';
