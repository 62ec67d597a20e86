/** Whether labels satisfy a selector in the API's query form: `a=b,c!=d,e in (f,g),!h,i`. Unreadable parts match nothing. */
export function matchesLabels(selector: string, labels: Readonly<Record<string, string>> = {}): boolean {
  return requirements(selector).every((requirement) => satisfies(requirement.trim(), labels));
}

// Commas part requirements, but not inside parentheses.
function requirements(selector: string): readonly string[] {
  return selector.split(/,(?![^(]*\))/).filter((part) => part.trim() !== '');
}

function satisfies(requirement: string, labels: Readonly<Record<string, string>>): boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    const value = labels[set[1] ?? ''];
    return set[2] === 'in' ? value !== undefined && values.includes(value) : value === undefined || !values.includes(value);
  }
  const pair = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(requirement);
  if (pair !== null) return (labels[pair[1] ?? ''] === pair[3]) === (pair[2] !== '!=');
  if (requirement.startsWith('!')) return labels[requirement.slice(1).trim()] === undefined;
  return labels[requirement] !== undefined;
}
