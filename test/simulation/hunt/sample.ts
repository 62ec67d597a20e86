/** Every n-th of them, beginning with the one at `offset`: over all offsets below `every`, each of them once. */
export function* sample<Item>(
  items: Iterable<Item>,
  { every, offset }: { readonly every: number; readonly offset: number },
): Generator<Item> {
  let index = 0;
  for (const item of items) {
    if (index % every === offset) yield item;
    index += 1;
  }
}
