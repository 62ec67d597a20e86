/** `/version`: the Kubernetes whose words the server uses. */
export const versionInfo = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'go1.26',
  compiler: 'gc',
  platform: 'linux/amd64',
};
