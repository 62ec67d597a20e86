import type { Loss, Oracle } from '../../sandbox/traffic/index.ts';

/** Requests that no pod answered, by whose doing. */
export interface Losses {
  /** A pod of the version crashed over them, or had crashed: that is how good it is. */
  readonly byCrashes: number;
  /** All others. */
  readonly byOthers: number;
}

export function lossesIn(oracle: Pick<Oracle, 'losses'>): Losses {
  let [byCrashes, byOthers] = [0, 0];
  for (const { loss, count } of oracle.losses()) {
    if (isByCrash(loss)) byCrashes += count;
    else byOthers += count;
  }
  return { byCrashes, byOthers };
}

function isByCrash(loss: Loss): boolean {
  switch (loss.kind) {
    case 'crashed':
      return true;
    case 'refused':
      return loss.by.state === 'crashed';
    case 'no-endpoints':
      // A pod that has crashed serves again a moment later; its address is out until the endpoints have followed.
      return loss.last.length > 0 && loss.last.every(({ state }) => state === 'crashed' || state === 'serving');
    default:
      return false;
  }
}
