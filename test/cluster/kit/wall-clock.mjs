// Preloaded into a program under test (`node --import`, by wall-clock.ts): its wall clock, and no other clock, is ahead by as many milliseconds
// as the file SLUICE_BED_CLOCK says.
import { readFileSync } from 'node:fs';

const file = process.env.SLUICE_BED_CLOCK ?? '';
const RealDate = Date;
let aheadMs = 0;

const now = () => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});

function follow() {
  const said = Number(readFileSync(file, 'utf8'));
  if (said === aheadMs) return;
  aheadMs = said;
  process.stderr.write(`the wall clock is ${aheadMs} ms ahead\n`);
}

follow();
setInterval(follow, 20).unref();
