// Every action of a Decision, by the name that users write. One line each.
export { abort as Abort } from './abort.ts';
export { approve as Approve } from './approve.ts';
export { override as Override } from './override.ts';
export { promoteNow as Promote } from './promote.ts';
export { reject as Reject } from './reject.ts';
export { restart as Restart } from './restart.ts';
export { resume as Resume } from './resume.ts';
export { retry as Retry } from './retry.ts';
export { skip as Skip } from './skip.ts';
export { undo as Undo } from './undo.ts';
