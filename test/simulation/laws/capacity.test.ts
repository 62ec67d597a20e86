import { expect, test } from 'vitest';
import { oneThingAtATime } from './capacity.ts';
import { midCanary, must, raise, ref, resources, rolloutResource, type Stage, stable, stageFor } from './testing/stage.ts';

/** What the law says of a pin, and of one more change of the selector, in an open window. */
function pinnedAfter(edit: (stage: Stage) => void): readonly string[] {
  const stage = stageFor(oneThingAtATime);
  const scene = midCanary(stage);
  raise(scene, 60, 20);
  edit(stage);
  scene.change(resources.services, 'web', { spec: { selector: { 'sluice.dev/revision': stable } } });
  const reports = [...stage.reports];
  scene.change(resources.services, 'web', { spec: { selector: { 'sluice.dev/revision': null } } });
  return [...reports, ...stage.reports.slice(reports.length)];
}

const edited = (spec: object) => (stage: Stage) => void must(stage.people.patch(rolloutResource, ref('web'), { spec }));
const changes = expect.stringContaining('the selector of web changes while a weight is open');

test('a selector that somebody asks to pin while a weight is open is pinned, once', () => {
  expect(pinnedAfter(edited({ service: { pinSelector: 'Always' } }))).toEqual([changes]);
});

test('another edit asks for no other selector', () => {
  expect(pinnedAfter(edited({ progressDeadline: '700s' }))[0]).toEqual(changes);
});
