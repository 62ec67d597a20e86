import { describe, expect, test } from 'vitest';
import { readLine } from './order.ts';

describe('a line of a chat', () => {
  test.each([
    ['approve shop/web qa', { namespace: 'shop', rollout: 'web', action: 'Approve', gate: 'qa' }],
    ['APPROVE  shop/web   qa  looks   good', { namespace: 'shop', rollout: 'web', action: 'Approve', gate: 'qa', reason: 'looks good' }],
    [
      'approve shop/web qa 7c9d2f41aa/2 ok',
      { namespace: 'shop', rollout: 'web', action: 'Approve', gate: 'qa', revision: '7c9d2f41aa', attempt: 2, reason: 'ok' },
    ],
    ['reject shop/web.v2 qa', { namespace: 'shop', rollout: 'web.v2', action: 'Reject', gate: 'qa' }],
    ['abort shop/web too slow', { namespace: 'shop', rollout: 'web', action: 'Abort', reason: 'too slow' }],
    ['undo shop/web to 6d5f0c9b1e broken', { namespace: 'shop', rollout: 'web', action: 'Undo', undoTo: '6d5f0c9b1e', reason: 'broken' }],
    ['undo shop/web', { namespace: 'shop', rollout: 'web', action: 'Undo' }],
    ['override shop/web security fix', { namespace: 'shop', rollout: 'web', action: 'Override', reason: 'security fix' }],
  ])('%s', (line, wish) => expect(readLine(line)).toEqual({ kind: 'act', wish }));

  test.each([
    ['approve shop/web', 'approve needs the name of a gate'],
    ['approve web qa', 'approve needs NAMESPACE/NAME of a Rollout'],
    ['approve a/b/c qa', 'approve needs NAMESPACE/NAME of a Rollout'],
    ['approve ../../secrets qa', 'approve needs NAMESPACE/NAME of a Rollout'],
    ['approve shop/web QA!', 'approve needs the name of a gate'],
    ['aprove shop/web qa', 'there is no "aprove"; did you mean approve?'],
    ['undo shop/web to', 'undo needs'],
    ['delete shop/web', 'there is no "delete"'],
    ['constructor shop/web', 'there is no "constructor"'],
  ])('%s: is told what is wrong', (line, problem) => {
    const order = readLine(line);
    expect(order.kind === 'help' ? order.problem : order).toContain(problem);
  });

  test('nothing, or help, lists the commands', () => {
    for (const line of ['', '   ', 'help', 'HELP me']) expect(readLine(line)).toEqual({ kind: 'help' });
  });

  test('status asks and decides nothing', () => {
    expect(readLine('status shop/web')).toEqual({ kind: 'status', namespace: 'shop', rollout: 'web' });
  });
});
